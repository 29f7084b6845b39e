using System.Globalization;

namespace EdgeMesh.Benchmarks;

/// <summary>How long and how often to measure.</summary>
/// <param name="Rounds">How many rounds; each loads every peer once, in order, so that a noisy minute falls on all of them.</param>
/// <param name="RunTime">How long each load runs.</param>
/// <param name="WarmUp">How long each peer is loaded before the first round: tiered compilation on one core needs about 20 s.</param>
internal sealed record Schedule(int Rounds, TimeSpan RunTime, TimeSpan WarmUp);

/// <summary>What was measured of one peer.</summary>
/// <param name="Peer">Its name.</param>
/// <param name="Description">What it is.</param>
/// <param name="CallsPerSecond">One figure a round.</param>
/// <param name="MedianCallsPerSecond">Their median.</param>
/// <param name="Ratio">The median, over the rounds, of its figure over the first peer's in the same round: what slows a whole round down falls out.</param>
/// <param name="MedianCpuPerCall">Processor time per call in microseconds, median of the rounds.</param>
/// <param name="CpuRatio">The first peer's median processor time per call over this one's: what its core could do beside the first peer's.</param>
internal sealed record PeerResult(
    string Peer, string Description, IReadOnlyList<double> CallsPerSecond, double MedianCallsPerSecond, double Ratio, double MedianCpuPerCall, double CpuRatio);

/// <summary>What was measured, where, and how.</summary>
/// <param name="Benchmark">Which one.</param>
/// <param name="Machine">Where.</param>
/// <param name="Method">How, in a sentence.</param>
/// <param name="Peers">The yardstick first.</param>
internal sealed record BenchmarkResult(string Benchmark, Machine Machine, string Method, IReadOnlyList<PeerResult> Peers);

/// <summary>Calls per second that one core answers, of a cached message of 1 KiB at an edge and of peers.</summary>
/// <remarks>
/// Every peer runs from the start to the end, pinned to one core; the load comes from the other. An idle peer costs next to nothing.
/// </remarks>
internal static class HitBenchmark
{
    /// <summary>Bytes of content in each answer.</summary>
    public const int ContentBytes = 1024;

    private const int ServerCore = 0;
    private const int LoadCore = 1;

    /// <summary>Measures.</summary>
    /// <param name="peers">The yardstick first.</param>
    /// <param name="schedule">How long and how often.</param>
    /// <param name="progress">Gets a line at each step.</param>
    /// <exception cref="BenchmarkException">A peer does not answer as it should.</exception>
    public static async Task<BenchmarkResult> RunAsync(IReadOnlyList<Peer> peers, Schedule schedule, Action<string> progress)
    {
        var load = new H2Load(LoadCore);
        var targets = new List<LoadTarget>();
        foreach (var peer in peers)
        {
            progress($"starting {peer.Name}: {peer.Description}");
            var target = await peer.StartAsync();
            await H2Load.PinAsync(target.ProcessId, ServerCore);
            progress($"warming {peer.Name} up for {schedule.WarmUp.TotalSeconds} s");
            await load.RunAsync(target, schedule.WarmUp);
            targets.Add(target);
        }

        var figures = peers.Select(_ => new List<LoadFigure>()).ToList();
        for (var round = 1; round <= schedule.Rounds; round++)
        {
            for (var i = 0; i < peers.Count; i++)
            {
                var figure = await load.RunAsync(targets[i], schedule.RunTime);
                figures[i].Add(figure);
                progress(string.Create(CultureInfo.InvariantCulture, $"round {round}: {peers[i].Name} {figure.CallsPerSecond:N0} calls/s, {figure.CpuPerCall:F2} µs of processor time a call"));
            }
        }

        var method = string.Create(
            CultureInfo.InvariantCulture,
            $"h2load -c 4 -m 32 on core {LoadCore}, server pinned to core {ServerCore}, {schedule.WarmUp.TotalSeconds} s of load first, {schedule.Rounds} alternating rounds of {schedule.RunTime.TotalSeconds} s");
        return new BenchmarkResult(
            "hit",
            await Machine.DescribeAsync(),
            method,
            [.. peers.Select((peer, i) => Summarize(peer, figures[i], figures[0]))]);
    }

    private static PeerResult Summarize(Peer peer, List<LoadFigure> own, List<LoadFigure> first)
    {
        var cpu = Median(own.Select(figure => figure.CpuPerCall));
        return new PeerResult(
            peer.Name,
            peer.Description,
            [.. own.Select(figure => figure.CallsPerSecond)],
            Median(own.Select(figure => figure.CallsPerSecond)),
            Median(own.Zip(first, (one, yardstick) => one.CallsPerSecond / yardstick.CallsPerSecond)),
            cpu,
            Median(first.Select(figure => figure.CpuPerCall)) / cpu);
    }

    private static double Median(IEnumerable<double> figures)
    {
        var sorted = figures.Order().ToList();
        var middle = sorted.Count / 2;
        return sorted.Count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
