using EdgeMesh.Latency.Probing;

namespace EdgeMesh.Probing.Peers;

/// <summary>How a node probes its peers.</summary>
public sealed class ProbingOptions
{
    /// <summary>A full mesh of 64 has a node send 13 probes a second, and three lost ones show within a quarter of a minute.</summary>
    public static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(5);

    /// <summary>This node's name: it does not probe itself.</summary>
    public required string Node { get; init; }

    /// <summary>Makes what connects to a peer; the link disposes of it.</summary>
    public required Func<Uri, HttpMessageHandler> CreateHandler { get; init; }

    /// <summary>Between two probes of one peer; above zero.</summary>
    public TimeSpan Interval { get; init; } = DefaultInterval;

    /// <summary>An answer that takes longer is lost. No round trip on Earth takes a second; below the interval, so that few probes of a peer are under way at once.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The most peers.</summary>
    public int MaxPeers { get; init; } = NeighbourSet.FullMesh;
}
