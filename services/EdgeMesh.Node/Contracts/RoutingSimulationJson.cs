using System.ComponentModel;
using EdgeMesh.Lab.RoutingSimulation;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.Contracts;

/// <summary>The JSON of <c>lab routing</c>.</summary>
internal sealed record RoutingSimulationJson(
    [property: Description("What happened: kill, blackhole, stragglers, overload or herd.")] string Scenario,
    [property: Description("How many clients.")] int Clients,
    [property: Description("How many nodes.")] int Nodes,
    [property: Description("Of all randomness.")] int Seed,
    [property: Description("Calls that clients made, all free of side effects.")] long Calls,
    [property: Description("Calls that did not end with OK.")] long FailedCalls,
    [property: Description("Median latency before the event, milliseconds.")] double P50Ms,
    [property: Description("99th percentile before the event, milliseconds.")] double P99Ms,
    [property: Description("kill, blackhole: 99th percentile of calls made in the second after the event; others: of all calls after it. Milliseconds.")] double P99AfterMs,
    [property: Description("kill, blackhole: from the event until the last client gave the node up, milliseconds; null: one never did, or another scenario.")] double? EjectedAfterMs,
    [property: Description("stragglers: p99AfterMs of the same run without hedging; else null.")] double? P99UnhedgedMs,
    [property: Description("stragglers: what hedging took off it, as a share; else null.")] double? P99Cut,
    [property: Description("Calls that came to nodes after the event, over calls made: what retries and hedges add.")] double LoadFactor,
    [property: Description("herd: the most calls a second that came to one node, over what it can serve; else null.")] double? PeakLoad,
    [property: Description("Moves of homes, over clients and minutes, once settled.")] double HomeMovesPerClientMinute)
{
    /// <summary>A report, as JSON.</summary>
    public static RoutingSimulationJson Of(RoutingSimulationReport report) => new(
        report.Scenario.ToString().ToLowerInvariant(),
        report.Clients,
        report.Nodes,
        report.Seed,
        report.Calls,
        report.FailedCalls,
        Milliseconds.Of(report.P50),
        Milliseconds.Of(report.P99),
        Milliseconds.Of(report.P99After),
        report.EjectedAfter is { } ejected ? Milliseconds.Of(ejected) : null,
        report.P99Unhedged is { } unhedged ? Milliseconds.Of(unhedged) : null,
        report.P99Cut,
        report.LoadFactor,
        report.PeakLoad,
        report.HomeMovesPerClientMinute);
}
