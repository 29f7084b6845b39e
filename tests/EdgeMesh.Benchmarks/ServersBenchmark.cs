using System.Globalization;
using EdgeMesh.Benchmarks.Load;
using EdgeMesh.Benchmarks.Peers;
using EdgeMesh.Benchmarks.Report;

namespace EdgeMesh.Benchmarks;

/// <summary>How long and how often to measure.</summary>
/// <param name="Rounds">How many rounds; each loads every peer with every size once, in order, so that a noisy minute falls on all of them.</param>
/// <param name="RunTime">How long each load runs.</param>
/// <param name="WarmUp">How long each peer is loaded before the first round: tiered compilation on one core needs about 20 s.</param>
/// <param name="LatencyRounds">How many rounds of steady load at half of each peer's median; 0: none.</param>
internal sealed record Schedule(int Rounds, TimeSpan RunTime, TimeSpan WarmUp, int LatencyRounds);

/// <summary>Calls per second that one core answers, and latency at half of that, of EdgeMesh and of peers in one run.</summary>
/// <remarks>
/// Every peer runs from the start to the end, pinned to one core; load, and whatever stands behind a peer, has the other. An
/// idle peer costs next to nothing.
/// </remarks>
internal sealed class ServersBenchmark(IReadOnlyList<int> sizes, Schedule schedule, Action<string> progress)
{
    private readonly Dictionary<(Peer Peer, int Size), Measured> _measured = [];

    /// <summary>Measures.</summary>
    /// <param name="peers">Those that are installed.</param>
    /// <param name="missing">What is missing, a line each.</param>
    /// <exception cref="BenchmarkException">A peer does not answer as it should.</exception>
    public async Task<ServersResult> RunAsync(IReadOnlyList<Peer> peers, IReadOnlyList<string> missing)
    {
        foreach (var peer in peers)
        {
            await StartAsync(peer);
        }

        for (var round = 1; round <= schedule.Rounds; round++)
        {
            await EachAsync(peers, async (peer, size, measured) =>
            {
                var figure = await H2Load.RunAsync(peer, size, schedule.RunTime);
                measured.Load.Add(figure);
                Say($"round {round}/{schedule.Rounds}: {peer.Name}, {SizeText.Format(size)}: {figure.CallsPerSecond:N0} calls/s, {figure.CpuPerCall:F2} µs of processor time a call");
            });
        }

        for (var round = 1; round <= schedule.LatencyRounds; round++)
        {
            await EachAsync(peers, async (peer, size, measured) =>
            {
                var half = Median.Of(measured.Load.Select(figure => figure.CallsPerSecond)) / 2;
                var figure = await OpenLoop.RunAsync(peer, size, half, schedule.RunTime);
                measured.Latency.Add(figure);
                Say($"latency {round}/{schedule.LatencyRounds}: {peer.Name}, {SizeText.Format(size)}: at {half:N0} calls/s p50 {figure.P50:N0} µs, p99 {figure.P99:N0} µs, p99.9 {figure.P999:N0} µs");
            });
        }

        if (Tools.IsInstalled(Ghz.Program))
        {
            await EachAsync(peers, async (peer, size, measured) =>
            {
                if (peer.GhzTarget(size) is { } target)
                {
                    measured.GhzCallsPerSecond = await Ghz.RunAsync(target, schedule.RunTime);
                    Say($"ghz: {peer.Name}, {SizeText.Format(size)}: {measured.GhzCallsPerSecond:N0} calls/s");
                }
            });
        }

        return ServersResult.Make(await Machine.DescribeAsync(), Method(), missing, sizes, peers, _measured);
    }

    private async Task StartAsync(Peer peer)
    {
        Say($"starting {peer.Name}: {peer.Description}");
        await peer.StartAsync(sizes);
        await Cores.PinAsync(peer.Serving, Cores.Server);
        await Cores.PinAsync(peer.Behind, Cores.Load);
        var each = TimeSpan.FromSeconds(Math.Max(1, Math.Ceiling(schedule.WarmUp.TotalSeconds / sizes.Count)));
        Say($"warming {peer.Name} up for {each.TotalSeconds} s with each of {sizes.Count} sizes");
        foreach (var size in sizes)
        {
            await H2Load.RunAsync(peer, size, each);
            _measured[(peer, size)] = new Measured();
        }
    }

    private async Task EachAsync(IReadOnlyList<Peer> peers, Func<Peer, int, Measured, Task> measure)
    {
        foreach (var size in sizes)
        {
            foreach (var peer in peers)
            {
                await measure(peer, size, _measured[(peer, size)]);
            }
        }
    }

    private string Method() => string.Create(
        CultureInfo.InvariantCulture,
        $"h2load -c 4 -m 32 (-m {H2Load.StreamsPerConnection(int.MaxValue)} from 1 MiB on) on core {Cores.Load}, where what stands behind a peer runs too; the peer alone on core {Cores.Server}, pinned after its start; "
        + $"{schedule.WarmUp.TotalSeconds} s of load on each first; {schedule.Rounds} interleaved rounds of {schedule.RunTime.TotalSeconds} s")
        + (schedule.LatencyRounds == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"; latency at half of the median rate in {schedule.LatencyRounds} rounds of {schedule.RunTime.TotalSeconds} s, counted from when each call was due"));

    private void Say(FormattableString line) => progress(line.ToString(CultureInfo.InvariantCulture));
}
