namespace EdgeMesh.Latency.Pairs;

/// <summary>Where an estimate comes from.</summary>
public enum EstimateSource
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>Probes between the two.</summary>
    Measured,

    /// <summary>Their coordinates.</summary>
    Predicted,
}

/// <summary>Whether one node gets answers from another.</summary>
public enum Reachability
{
    /// <summary>Nobody asked.</summary>
    Unknown,

    /// <summary>The last probes were answered.</summary>
    Reachable,

    /// <summary>The last probes failed.</summary>
    Unreachable,
}

/// <summary>What is known of the latency between two nodes, and how sure that is.</summary>
/// <param name="RoundTrip">The propagation time; null when <paramref name="Source"/> is None. Of an unreachable pair it says what it was, or would be.</param>
/// <param name="Error">How far off it may be, one standard deviation.</param>
/// <param name="Age">Since the last answer, of a measured one; zero of a predicted one.</param>
/// <param name="Source">Measured or predicted.</param>
/// <param name="Reachability">Read this first: a pair that failed to probe never has a bare estimate.</param>
/// <param name="LossShare">Share of recent probes lost, 0 to 1.</param>
/// <param name="P50">The median of measured round trips, queues included; null unless measured.</param>
/// <param name="P99">Their 99th percentile, corrected for coordinated omission.</param>
public sealed record PairEstimate(
    TimeSpan? RoundTrip,
    TimeSpan Error,
    TimeSpan Age,
    EstimateSource Source,
    Reachability Reachability,
    double LossShare = 0,
    TimeSpan? P50 = null,
    TimeSpan? P99 = null)
{
    /// <summary>Nothing is known.</summary>
    public static PairEstimate Unknown { get; } = new(null, TimeSpan.Zero, TimeSpan.Zero, EstimateSource.None, Reachability.Unknown);
}
