using Grpc.Core;
using Grpc.Testing;
using static EdgeMesh.InteropHost.Client.CaseContext;

namespace EdgeMesh.InteropHost.Client;

/// <summary>Streams either way and both ways.</summary>
internal static class StreamingCases
{
    private static readonly int[] RequestSizes = [27182, 8, 1828, 45904];
    private static readonly int[] ResponseSizes = [31415, 9, 2653, 58979];

    public static async Task ClientStreamingAsync(CaseContext context)
    {
        using var call = context.Client.StreamingInputCall();
        foreach (var size in RequestSizes)
        {
            await call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = Zeros(size) });
        }

        await call.RequestStream.CompleteAsync();
        Equal(RequestSizes.Sum(), (await call.ResponseAsync).AggregatedPayloadSize);
    }

    public static async Task ServerStreamingAsync(CaseContext context)
    {
        var request = new StreamingOutputCallRequest();
        request.ResponseParameters.Add(ResponseSizes.Select(size => new ResponseParameters { Size = size }));
        using var call = context.Client.StreamingOutputCall(request);
        var sizes = new List<int>();
        await foreach (var response in call.ResponseStream.ReadAllAsync())
        {
            sizes.Add(response.Payload.Body.Length);
        }

        Equal(string.Join(' ', ResponseSizes), string.Join(' ', sizes));
    }

    public static async Task PingPongAsync(CaseContext context)
    {
        using var call = context.Client.FullDuplexCall();
        foreach (var (requestSize, responseSize) in RequestSizes.Zip(ResponseSizes))
        {
            await call.RequestStream.WriteAsync(Request(requestSize, responseSize));
            Equal(true, await call.ResponseStream.MoveNext());
            Equal(responseSize, call.ResponseStream.Current.Payload.Body.Length);
        }

        await call.RequestStream.CompleteAsync();
        Equal(false, await call.ResponseStream.MoveNext());
    }

    public static async Task EmptyStreamAsync(CaseContext context)
    {
        using var call = context.Client.FullDuplexCall();
        await call.RequestStream.CompleteAsync();
        Equal(false, await call.ResponseStream.MoveNext());
        Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    /// <summary>A request with a payload that asks for one response.</summary>
    public static StreamingOutputCallRequest Request(int requestSize, int responseSize) => new()
    {
        Payload = Zeros(requestSize),
        ResponseParameters = { new ResponseParameters { Size = responseSize } },
    };
}
