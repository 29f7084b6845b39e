using Grpc.Core;
using Grpc.Testing;
using static EdgeMesh.InteropHost.Client.CaseContext;

namespace EdgeMesh.InteropHost.Client;

/// <summary>Calls that the caller, or the clock, ends early.</summary>
internal static class EndingCases
{
    public static async Task CancelAfterBeginAsync(CaseContext context)
    {
        using var cancellation = new CancellationTokenSource();
        using var call = context.Client.StreamingInputCall(cancellationToken: cancellation.Token);
        await cancellation.CancelAsync();
        await EndsWithAsync(StatusCode.Cancelled, () => call.ResponseAsync);
    }

    public static async Task CancelAfterFirstResponseAsync(CaseContext context)
    {
        using var cancellation = new CancellationTokenSource();
        using var call = context.Client.FullDuplexCall(cancellationToken: cancellation.Token);
        await call.RequestStream.WriteAsync(StreamingCases.Request(27182, 31415));
        Equal(true, await call.ResponseStream.MoveNext());
        Equal(31415, call.ResponseStream.Current.Payload.Body.Length);
        await cancellation.CancelAsync();
        await EndsWithAsync(StatusCode.Cancelled, () => call.ResponseStream.MoveNext());
    }

    public static async Task TimeoutOnSleepingServerAsync(CaseContext context)
    {
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(1);
        using var call = context.Client.FullDuplexCall(deadline: deadline);
        try
        {
            await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { Payload = Zeros(27182) });
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException)
        {
            // The millisecond was over before the message left: the status below says so.
        }

        await EndsWithAsync(StatusCode.DeadlineExceeded, () => call.ResponseStream.MoveNext());
    }
}
