using EdgeMesh.Latency.Topology;

namespace EdgeMesh.Latency.Ranking;

/// <summary>What an expectation rests on, from strong to weak.</summary>
public enum RankBasis
{
    /// <summary>Probes from that very place.</summary>
    Measured,

    /// <summary>Coordinates of both.</summary>
    Coordinates,

    /// <summary>Positions of both, over the great circle.</summary>
    Positions,

    /// <summary>Nothing: the node is last, and its order among its like is by name.</summary>
    Nothing,
}

/// <summary>A node in a ranking.</summary>
/// <param name="Node">The node.</param>
/// <param name="Expected">The round trip to expect; null when <paramref name="Basis"/> is Nothing.</param>
/// <param name="Uncertainty">One standard deviation of it.</param>
/// <param name="Basis">What it rests on.</param>
/// <param name="Why">One line for people.</param>
public sealed record RankedNode(LatencyNode Node, TimeSpan? Expected, TimeSpan Uncertainty, RankBasis Basis, string Why);
