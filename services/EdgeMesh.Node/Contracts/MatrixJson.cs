using System.ComponentModel;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Contracts;

/// <summary>The JSON of <c>latency matrix</c>, and of <c>latency watch</c> once a change.</summary>
internal sealed record MatrixJson(
    [property: Description("The Region first, then by kind and name.")] IReadOnlyList<MatrixNodeJson> Nodes,
    [property: Description("Every pair whose two ends differ, in order of from, then to.")] IReadOnlyList<PairJson> Pairs)
{
    /// <summary>A matrix, as JSON.</summary>
    public static MatrixJson Of(LatencyMatrix matrix) => new(
        [.. matrix.Nodes.Select(MatrixNodeJson.Of)],
        [.. matrix.Pairs.Select(pair => PairJson.Of(matrix.Nodes[(int)pair.From].Node, matrix.Nodes[(int)pair.To].Node, pair.Latency ?? new PairLatency()))]);
}

/// <summary>A node of a matrix.</summary>
internal sealed record MatrixNodeJson(
    [property: Description("Its name.")] string Node,
    [property: Description("region, edge-location or local-zone.")] string Kind,
    [property: Description("ready, draining, lost or unknown.")] string State,
    [property: Description("Where it stands; null when it did not say.")] PositionJson? Position,
    [property: Description("The error of its coordinate, 0 to 1.5; null before its first measurement.")] double? CoordinateError)
{
    /// <summary>A node, as JSON.</summary>
    public static MatrixNodeJson Of(MatrixNode node) => new(
        node.Node,
        NodeJson.KindOf(node.Kind),
        NodeJson.StateOf(node.State),
        PositionJson.Of(node.Position),
        node.Coordinate is null ? null : Math.Round(node.Coordinate.Error, 4));
}

/// <summary>What is known of the round trip between two nodes.</summary>
internal sealed record PairJson(
    [property: Description("Who probed.")] string From,
    [property: Description("Whom.")] string To,
    [property: Description("What the network takes when nobody waits, in milliseconds; null when nothing is known. Of an unreachable pair: what it took, or would.")] double? Ms,
    [property: Description("How far off that may be, one standard deviation, in milliseconds.")] double? ErrorMs,
    [property: Description("Since the last answered probe, in seconds; null of a prediction.")] double? AgeSeconds,
    [property: Description("measured, predicted or none.")] string Source,
    [property: Description("reachable, unreachable or unknown. Read this first.")] string Reachability,
    [property: Description("Share of recent probes lost, 0 to 1.")] double Loss,
    [property: Description("Half of the probes took no longer, queues included, in milliseconds; null unless measured.")] double? P50Ms,
    [property: Description("Ninety-nine in a hundred took no longer, in milliseconds; null unless measured.")] double? P99Ms)
{
    /// <summary>A pair, as JSON.</summary>
    public static PairJson Of(string from, string to, PairLatency pair)
    {
        var isMeasured = pair.Source == EstimateSource.Measured;
        return new(
            from,
            to,
            Milliseconds.Of(pair.RoundTrip),
            Milliseconds.Of(pair.Error),
            isMeasured && pair.Age is { } age ? Math.Round(age.ToTimeSpan().TotalSeconds, 1) : null,
            isMeasured ? Measured : pair.Source == EstimateSource.Predicted ? "predicted" : "none",
            pair.Reachability switch { V1.Reachability.Reachable => "reachable", V1.Reachability.Unreachable => Unreachable, _ => "unknown" },
            Math.Round(pair.Loss, 4),
            Milliseconds.Of(pair.P50),
            Milliseconds.Of(pair.P99));
    }

    /// <summary>The source of a pair that was probed and answered.</summary>
    public const string Measured = "measured";

    /// <summary>The reachability of a pair whose last probes failed.</summary>
    public const string Unreachable = "unreachable";
}
