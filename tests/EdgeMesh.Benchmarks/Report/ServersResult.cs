using EdgeMesh.Benchmarks.Load;
using EdgeMesh.Benchmarks.Peers;

namespace EdgeMesh.Benchmarks.Report;

/// <summary>Figures of one peer and size, as they come.</summary>
internal sealed class Measured
{
    /// <summary>One a round.</summary>
    public List<LoadFigure> Load { get; } = [];

    /// <summary>One a round of steady load.</summary>
    public List<LatencyFigure> Latency { get; } = [];

    /// <summary>With ghz, where it is installed.</summary>
    public double? GhzCallsPerSecond { get; set; }
}

/// <summary>What was measured of one peer with one size.</summary>
/// <param name="Peer">Its name.</param>
/// <param name="Kind">What it is compared with.</param>
/// <param name="SizeBytes">Bytes of content.</param>
/// <param name="CallsPerSecond">One figure a round.</param>
/// <param name="MedianCallsPerSecond">Their median.</param>
/// <param name="Ratio">The median, over the rounds, of its figure over the first peer's of its kind in the same round: what slows a whole round down falls out.</param>
/// <param name="CpuPerCall">Processor time per call in microseconds, median of the rounds.</param>
/// <param name="CpuRatio">The first peer's median processor time per call over this one's.</param>
/// <param name="Latency">At half of the median rate, medians of the rounds; null: not measured.</param>
/// <param name="GhzCallsPerSecond">With ghz; null: not measured.</param>
internal sealed record PeerResult(
    string Peer, PeerKind Kind, int SizeBytes, IReadOnlyList<double> CallsPerSecond, double MedianCallsPerSecond, double Ratio, double CpuPerCall, double CpuRatio, LatencyFigure? Latency, double? GhzCallsPerSecond);

/// <summary>What was measured, where, and how.</summary>
/// <param name="Machine">Where.</param>
/// <param name="Method">How, in a sentence.</param>
/// <param name="Missing">Peers and tools that are not installed, a line each.</param>
/// <param name="Descriptions">What each peer is.</param>
/// <param name="Results">By kind, then size, then peer; the first peer of a kind is its yardstick.</param>
internal sealed record ServersResult(Machine Machine, string Method, IReadOnlyList<string> Missing, IReadOnlyDictionary<string, string> Descriptions, IReadOnlyList<PeerResult> Results)
{
    /// <summary>Summarizes the rounds.</summary>
    public static ServersResult Make(
        Machine machine, string method, IReadOnlyList<string> missing, IReadOnlyList<int> sizes, IReadOnlyList<Peer> peers, IReadOnlyDictionary<(Peer Peer, int Size), Measured> measured)
    {
        var results =
            from kind in peers.GroupBy(peer => peer.Kind)
            from size in sizes
            from peer in kind
            select Summarize(peer, size, measured[(peer, size)], measured[(kind.First(), size)]);
        return new ServersResult(machine, method, missing, peers.ToDictionary(peer => peer.Name, peer => peer.Description), [.. results]);
    }

    private static PeerResult Summarize(Peer peer, int size, Measured own, Measured yardstick)
    {
        var cpu = Median.Of(own.Load.Select(figure => figure.CpuPerCall));
        return new PeerResult(
            peer.Name,
            peer.Kind,
            size,
            [.. own.Load.Select(figure => figure.CallsPerSecond)],
            Median.Of(own.Load.Select(figure => figure.CallsPerSecond)),
            Median.Of(own.Load.Zip(yardstick.Load, (one, first) => one.CallsPerSecond / first.CallsPerSecond)),
            cpu,
            Median.Of(yardstick.Load.Select(figure => figure.CpuPerCall)) / cpu,
            own.Latency.Count == 0
                ? null
                : new LatencyFigure(
                    own.Latency[0].CallsPerSecond,
                    Median.Of(own.Latency.Select(figure => figure.P50)),
                    Median.Of(own.Latency.Select(figure => figure.P99)),
                    Median.Of(own.Latency.Select(figure => figure.P999))),
            own.GhzCallsPerSecond);
    }
}
