namespace EdgeMesh.Lab.RoutingSimulation;

/// <summary>What a simulated mesh and its clients did. Latencies are what callers waited, virtual time.</summary>
/// <param name="Scenario">What happened.</param>
/// <param name="Clients">How many there were.</param>
/// <param name="Nodes">How many there were.</param>
/// <param name="Seed">Of all randomness.</param>
/// <param name="Calls">Calls that clients made, all free of side effects.</param>
/// <param name="FailedCalls">Those that did not end with OK.</param>
/// <param name="P50">Median before the event.</param>
/// <param name="P99">99th percentile before the event.</param>
/// <param name="P99After">Kill, black hole: 99th percentile of calls made in the second after the event. Others: of all calls after it.</param>
/// <param name="EjectedAfter">Kill, black hole: from the event until the last client that called the node gave it up; null: one never did, or the scenario is another.</param>
/// <param name="P99Unhedged">Stragglers: <paramref name="P99After"/> of the same run without hedging; else null.</param>
/// <param name="LoadFactor">Calls that came to nodes after the event, over calls made: what retries and hedges add.</param>
/// <param name="PeakLoad">Herd: the most calls a second that came to one node, over what it can serve; else null.</param>
/// <param name="HomeMovesPerClientMinute">Moves of homes, over clients and minutes, after the first 15 s: after the search and the first homes.</param>
public sealed record RoutingSimulationReport(
    RoutingScenario Scenario,
    int Clients,
    int Nodes,
    int Seed,
    long Calls,
    long FailedCalls,
    TimeSpan P50,
    TimeSpan P99,
    TimeSpan P99After,
    TimeSpan? EjectedAfter,
    TimeSpan? P99Unhedged,
    double LoadFactor,
    double? PeakLoad,
    double HomeMovesPerClientMinute)
{
    /// <summary>Stragglers: what hedging took off the 99th percentile, as a share of it; else null.</summary>
    public double? P99Cut => P99Unhedged is { } unhedged ? 1 - (P99After / unhedged) : null;
}
