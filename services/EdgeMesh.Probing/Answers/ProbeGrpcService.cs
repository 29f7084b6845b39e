using EdgeMesh.V1;
using Grpc.Core;
using Microsoft.Extensions.Hosting;

namespace EdgeMesh.Probing.Answers;

/// <summary>Serves <c>Probe</c> and <c>ProbeStream</c> of <c>edgemesh.v1.LatencyService</c> on every node; its other methods are a Region's.</summary>
/// <remarks>Open to all, so everything that a caller can make grow is bounded: padding, the rate of a stream, its rest, streams of one address and of all. Thread-safe.</remarks>
public sealed class ProbeGrpcService(ProbeReflector reflector, ProbeStreamSlots slots, TimeProvider time, IHostApplicationLifetime lifetime) : LatencyService.LatencyServiceBase
{
    /// <summary>The most padding, bytes.</summary>
    public const int MaxPaddingBytes = 64 * 1024;

    /// <summary>A stream without a probe for so long is ended: nodes probe every few seconds, and a dead peer says nothing.</summary>
    public static readonly TimeSpan IdleLimit = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public override Task<ProbeResponse> Probe(ProbeRequest request, ServerCallContext context) => Task.FromResult(Answer(request, time.GetTimestamp()));

    /// <inheritdoc/>
    /// <remarks>Ends when the caller completes or breaks it, rests for too long, also by not reading answers, asks too much, or when the node stops.</remarks>
    public override async Task ProbeStream(IAsyncStreamReader<ProbeStreamRequest> requestStream, IServerStreamWriter<ProbeStreamResponse> responseStream, ServerCallContext context)
    {
        using var slot = slots.TryTake(context.GetHttpContext().Connection.RemoteIpAddress) ?? throw Exhausted(
            $"too many probe streams are open: at most {ProbeStreamSlots.Most}, and {ProbeStreamSlots.MostFromOneAddress} from one address");
        using var idle = new CancellationTokenSource(IdleLimit, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, context.CancellationToken, lifetime.ApplicationStopping);
        var allowance = new ProbeAllowance(time);
        try
        {
            while (await requestStream.MoveNext(end.Token).ConfigureAwait(false))
            {
                var arrival = time.GetTimestamp();
                if (!allowance.TryTake())
                {
                    throw Exhausted($"a probe stream has at most {ProbeAllowance.PerSecond} probes a second");
                }

                idle.CancelAfter(IdleLimit);
                var answer = Answer(requestStream.Current.Probe ?? new ProbeRequest(), arrival);
                await responseStream.WriteAsync(new ProbeStreamResponse { Probe = answer }, end.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the node is stopping"));
        }
        catch (OperationCanceledException) when (idle.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, $"no probe came, or no answer was read, for {IdleLimit.TotalSeconds} seconds"));
        }
    }

    private ProbeResponse Answer(ProbeRequest probe, long arrival) => probe.Padding.Length <= MaxPaddingBytes
        ? reflector.Answer(probe, arrival)
        : throw new RpcException(new Status(StatusCode.InvalidArgument, $"padding: must be at most {MaxPaddingBytes} bytes; is {probe.Padding.Length}"));

    private static RpcException Exhausted(string detail) => new(new Status(StatusCode.ResourceExhausted, detail));
}
