using System.Globalization;
using EdgeMesh.Latency;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.Probing.Messages;
using EdgeMesh.V1;
using Google.Protobuf;
using Grpc.Core;

namespace EdgeMesh.Node.Latencies;

/// <summary>Sends probes to a node at a fixed rate and collects what comes of them.</summary>
/// <remarks>
/// Probes are sent when they are due, whether the ones before were answered or not, so that a slow node does not thin out the probes that would show it (coordinated omission).
/// Answers come on threads of their own: one lock owns the statistics and the order of lines.
/// </remarks>
/// <param name="connection">To the node.</param>
/// <param name="client">Over that connection.</param>
/// <param name="interval">How often to probe.</param>
/// <param name="paddingBytes">Length of each probe's padding.</param>
/// <param name="onLine">Given a line for each outcome, one at a time.</param>
internal sealed class PingRun(TargetConnection connection, LatencyService.LatencyServiceClient client, TimeSpan interval, int paddingBytes, Action<string> onLine)
{
    private readonly Lock _gate = new();
    private readonly PingStatistics _statistics = new();
    private readonly ByteString _padding = ByteString.CopyFrom(new byte[paddingBytes]);

    /// <summary>Probes until there were enough.</summary>
    /// <param name="count">How many; null: without end.</param>
    /// <param name="cancellationToken">Ends it in order: probes under way are neither answered nor lost.</param>
    public async Task<PingStatistics> ProbeAsync(int? count, CancellationToken cancellationToken)
    {
        var running = new HashSet<Task>();
        try
        {
            using var timer = new PeriodicTimer(interval);
            var left = count ?? int.MaxValue;
            for (ulong sequence = 1; left > 0; sequence++, left--)
            {
                running.RemoveWhere(probe => probe.IsCompletedSuccessfully);
                running.Add(ProbeOnceAsync(sequence, cancellationToken));
                if (left > 1)
                {
                    await timer.WaitForNextTickAsync(cancellationToken);
                }
            }

            await Task.WhenAll(running);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return _statistics;
    }

    private async Task ProbeOnceAsync(ulong sequence, CancellationToken cancellationToken)
    {
        var sent = connection.GetTimestamp();
        try
        {
            var (answer, _) = await connection.CallAsync(options => client.ProbeAsync(new ProbeRequest { Sequence = sequence, Padding = _padding }, options), cancellationToken);
            var roundTrip = RoundTrip.Of(TimeProvider.System.GetElapsedTime(sent), DurationMessages.Read(answer.Residence) ?? TimeSpan.Zero);
            Note(sequence, roundTrip, $"time={Milliseconds.Show(roundTrip.TotalMilliseconds)} in-flight={answer.InFlight}{(answer.Draining ? " draining" : "")}");
        }
        catch (TargetException failure) when (cancellationToken.IsCancellationRequested && failure.Status == StatusCode.Cancelled)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
        catch (TargetException failure)
        {
            Note(sequence, null, $"lost: {failure.Message}");
        }
    }

    private void Note(ulong sequence, TimeSpan? roundTrip, string text)
    {
        lock (_gate)
        {
            _statistics.Add(roundTrip);
            onLine(string.Create(CultureInfo.InvariantCulture, $"seq={sequence} {text}"));
        }
    }
}
