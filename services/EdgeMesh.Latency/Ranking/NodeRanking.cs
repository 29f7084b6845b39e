using System.Globalization;
using EdgeMesh.Latency.Coordinates;
using EdgeMesh.Latency.Pairs;
using EdgeMesh.Latency.Positions;
using EdgeMesh.Latency.Topology;

namespace EdgeMesh.Latency.Ranking;

/// <summary>Where a ranking looks from. Any of these may be missing; with none, nodes come in order of their names.</summary>
/// <param name="Coordinate">The caller's coordinate.</param>
/// <param name="Position">Where the caller is, or says it is.</param>
/// <param name="NodeName">The caller is this node: its own probes count first.</param>
public sealed record RankOrigin(Coordinate? Coordinate = null, GeoPosition? Position = null, string? NodeName = null);

/// <summary>Puts nodes in order of the latency to expect from somewhere.</summary>
/// <remarks>
/// A ranking expects; it does not measure. Coordinates alone name the true nearest node for a third of clients (docs/performance.md):
/// use it as a shortlist, and let the nearest-node search decide by probes. Stateless; thread-safe.
/// </remarks>
public static class NodeRanking
{
    /// <summary>Ranks a topology's nodes.</summary>
    /// <param name="topology">The nodes.</param>
    /// <param name="origin">Where to look from.</param>
    /// <param name="requirements">Which nodes to rank.</param>
    /// <returns>Those admitted, nearest first; unreachable ones (from a node that probes them) are left out.</returns>
    public static IReadOnlyList<RankedNode> Rank(LatencyTopology topology, RankOrigin origin, RankRequirements requirements) =>
    [
        .. topology.Nodes
            .Where(requirements.Admit)
            .Where(node => node.Name != origin.NodeName)
            .Select(node => Expect(topology, origin, node))
            .OfType<RankedNode>()
            .OrderBy(ranked => ranked.Expected ?? TimeSpan.MaxValue)
            .ThenBy(ranked => ranked.Node.Name, StringComparer.Ordinal),
    ];

    private static RankedNode? Expect(LatencyTopology topology, RankOrigin origin, LatencyNode node)
    {
        // 1. Probes from there.
        var pair = origin.NodeName is { } from ? topology.Matrix.Find(from, node.Name) : null;
        if (pair is { Reachability: Reachability.Unreachable })
        {
            return null;
        }

        if (pair is { Source: EstimateSource.Measured, RoundTrip: { } measured })
        {
            return new RankedNode(node, measured, pair.Error, RankBasis.Measured, $"measured {Text(measured)}, {pair.Age.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)} s ago");
        }

        // 2. Coordinates, positions, or both by inverse variance.
        var byCoordinate = ByCoordinate(origin.Coordinate, node);
        var byPosition = ByPosition(origin.Position, node);
        return (byCoordinate, byPosition) switch
        {
            ({ } a, { } b) => Combine(a, b),
            ({ } a, null) => a,
            (null, { } b) => b,
            _ => new RankedNode(node, null, TimeSpan.Zero, RankBasis.Nothing, "neither coordinates nor positions are known of both"),
        };
    }

    private static RankedNode? ByCoordinate(Coordinate? own, LatencyNode node)
    {
        if (own is null || PairState.Predict(own, node.Coordinate) is not { RoundTrip: { } expected, Error: var error })
        {
            return null;
        }

        return new RankedNode(node, expected, error, RankBasis.Coordinates, $"coordinates say {Text(expected)}, give or take {Text(error)}");
    }

    private static RankedNode? ByPosition(GeoPosition? own, LatencyNode node)
    {
        if (own is not { } here || node.Position is not { } there)
        {
            return null;
        }

        var kilometres = here.DistanceKilometresTo(there);
        var expected = GreatCircle.Expected(kilometres);
        return new RankedNode(
            node,
            expected,
            GreatCircle.Uncertainty(kilometres),
            RankBasis.Positions,
            string.Create(CultureInfo.InvariantCulture, $"{kilometres:0} km away, where {Text(expected)} is usual"));
    }

    private static RankedNode Combine(RankedNode a, RankedNode b)
    {
        double va = Variance(a), vb = Variance(b);
        var share = vb / (va + vb);
        var expected = (a.Expected!.Value * share) + (b.Expected!.Value * (1 - share));
        return new RankedNode(
            a.Node,
            expected,
            TimeSpan.FromMilliseconds(Math.Sqrt(va * vb / (va + vb))),
            share >= 0.5 ? a.Basis : b.Basis,
            $"{a.Why}; {b.Why}");
    }

    private static double Variance(RankedNode ranked) => Math.Max(1e-6, ranked.Uncertainty.TotalMilliseconds * ranked.Uncertainty.TotalMilliseconds);

    private static string Text(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.0} ms");
}
