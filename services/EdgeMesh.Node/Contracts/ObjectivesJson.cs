using System.ComponentModel;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Contracts;

/// <summary>The JSON of <c>latency objectives</c>.</summary>
internal sealed record ObjectivesJson(
    [property: Description("One for each edge location and Local Zone, by kind and name.")] IReadOnlyList<ObjectiveJson> Objectives);

/// <summary>Whether a node is near enough to the clients that chose it.</summary>
internal sealed record ObjectiveJson(
    [property: Description("The node.")] string Node,
    [property: Description("edge-location or local-zone.")] string Kind,
    [property: Description("Which share of round trips must be within the target: 0.99.")] double Quantile,
    [property: Description("The target, in milliseconds.")] double TargetMs,
    [property: Description("What that quantile was, within 1 %, in milliseconds; null without evidence.")] double? ActualMs,
    [property: Description("met, missed or unknown: fewer than 100 round trips.")] string State,
    [property: Description("Share of round trips within the target, 0 to 1.")] double Within,
    [property: Description("Clients that reported.")] uint Clients,
    [property: Description("Round trips that count.")] ulong Samples,
    [property: Description("How far back that reaches, in seconds.")] double WindowSeconds)
{
    /// <summary>An objective, as JSON.</summary>
    public static ObjectiveJson Of(LatencyObjective objective) => new(
        objective.Node,
        NodeJson.KindOf(objective.Kind),
        objective.Quantile,
        Milliseconds.Of(objective.Target) ?? 0,
        Milliseconds.Of(objective.Actual),
        objective.State switch { ObjectiveState.Met => "met", ObjectiveState.Missed => "missed", _ => "unknown" },
        Math.Round(objective.Within, 6),
        objective.Clients,
        objective.Samples,
        objective.Window?.ToTimeSpan().TotalSeconds ?? 0);
}
