using Grpc.Core;
using Grpc.Testing;
using static EdgeMesh.InteropHost.Client.CaseContext;

namespace EdgeMesh.InteropHost.Client;

/// <summary>gzip per message, both ways, checked by the messages' flags.</summary>
internal static class CompressionCases
{
    private const int FirstRequestBytes = 27182;
    private const int SecondRequestBytes = 45904;

    private static readonly BoolValue Yes = new() { Value = true };
    private static readonly BoolValue No = new() { Value = false };

    public static async Task ClientCompressedUnaryAsync(CaseContext context)
    {
        // A server that checks at all must refuse an uncompressed message announced as compressed.
        var probe = UnaryCases.LargeRequest();
        probe.ExpectCompressed = Yes;
        await EndsWithAsync(StatusCode.InvalidArgument, () => context.Client.UnaryCallAsync(probe).ResponseAsync);

        var compressed = await context.Client.UnaryCallAsync(probe, Gzip());
        Equal(UnaryCases.ResponseBytes, compressed.Payload.Body.Length);

        var request = UnaryCases.LargeRequest();
        request.ExpectCompressed = No;
        var uncompressed = await context.Client.UnaryCallAsync(request);
        Equal(UnaryCases.ResponseBytes, uncompressed.Payload.Body.Length);
    }

    public static async Task ServerCompressedUnaryAsync(CaseContext context)
    {
        foreach (var wanted in (BoolValue[])[Yes, No])
        {
            var request = UnaryCases.LargeRequest();
            request.ResponseCompressed = wanted;
            var response = await context.Client.UnaryCallAsync(request);
            Equal(UnaryCases.ResponseBytes, response.Payload.Body.Length);
            Equal(wanted.Value, context.TakeIsResponseCompressed());
        }
    }

    public static async Task ClientCompressedStreamingAsync(CaseContext context)
    {
        using (var probe = context.Client.StreamingInputCall())
        {
            await EndsWithAsync(StatusCode.InvalidArgument, async () =>
            {
                await probe.RequestStream.WriteAsync(Request(FirstRequestBytes, Yes));
                await probe.RequestStream.CompleteAsync();
                await probe.ResponseAsync;
            });
        }

        using var call = context.Client.StreamingInputCall(Gzip());
        await call.RequestStream.WriteAsync(Request(FirstRequestBytes, Yes));
        call.RequestStream.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
        await call.RequestStream.WriteAsync(Request(SecondRequestBytes, No));
        await call.RequestStream.CompleteAsync();
        Equal(FirstRequestBytes + SecondRequestBytes, (await call.ResponseAsync).AggregatedPayloadSize);
    }

    public static async Task ServerCompressedStreamingAsync(CaseContext context)
    {
        (int Size, BoolValue Compressed)[] wanted = [(31415, Yes), (92653, No)];
        var request = new StreamingOutputCallRequest();
        request.ResponseParameters.Add(wanted.Select(w => new ResponseParameters { Size = w.Size, Compressed = w.Compressed }));
        using var call = context.Client.StreamingOutputCall(request);
        foreach (var (size, compressed) in wanted)
        {
            Equal(true, await call.ResponseStream.MoveNext());
            Equal(size, call.ResponseStream.Current.Payload.Body.Length);
            Equal(compressed.Value, context.TakeIsResponseCompressed());
        }

        Equal(false, await call.ResponseStream.MoveNext());
    }

    /// <summary>The metadata by which a caller selects request compression; it does not go on the wire.</summary>
    private static Metadata Gzip() => new() { { "grpc-internal-encoding-request", "gzip" } };

    private static StreamingInputCallRequest Request(int size, BoolValue expectCompressed) =>
        new() { Payload = Zeros(size), ExpectCompressed = expectCompressed };
}
