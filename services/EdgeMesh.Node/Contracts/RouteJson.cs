using System.ComponentModel;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Contracts;

/// <summary>The JSON of <c>route explain</c>.</summary>
internal sealed record RouteJson(
    [property: Description("The method's path.")] string Method,
    [property: Description("Whose mesh it is; empty: no node has told of it.")] string Region,
    [property: Description("Whether the mesh knows the method's shape.")] bool Known,
    [property: Description("One request, one answer: calls are held, so that they can be sent again.")] bool Unary,
    [property: Description("Declared free of side effects: may be sent twice.")] bool SideEffectFree,
    [property: Description("Whoever gets most calls first, then by cost.")] IReadOnlyList<RouteCandidateJson> Candidates,
    [property: Description("Nodes of the mesh that no connections are kept to.")] uint FurtherNodes,
    [property: Description("Whom the sidecar asked last in vain who is in the mesh, and what each said; empty: one tells.")] string Fault)
{
    /// <summary>An answer, as JSON.</summary>
    public static RouteJson Of(ExplainRouteResponse route) => new(
        route.Method, route.Region, route.Known, route.Unary, route.SideEffectFree, [.. route.Candidates.Select(RouteCandidateJson.Of)], route.FurtherNodes, route.Fault);
}

/// <summary>A node that a call may go to.</summary>
internal sealed record RouteCandidateJson(
    [property: Description("Its name.")] string Node,
    [property: Description("Where it is called.")] string Address,
    [property: Description("home, within-band, beyond-band, over-capacity, queueing, draining or ejected.")] string Verdict,
    [property: Description("The same in a sentence, with the numbers that decided.")] string Why,
    [property: Description("Probability that the next call goes there, 0 to 1.")] double Share,
    [property: Description("What a call there is expected to cost beside what the method takes, in milliseconds.")] double CostMs,
    [property: Description("Least round trip of late, in milliseconds; null when not measured yet.")] double? RoundTripMs,
    [property: Description("What its answers took of late beside the network, in milliseconds; null when it served nobody.")] double? ServedMs,
    [property: Description("The same unloaded; null when not known.")] double? ServedFloorMs,
    [property: Description("Share of its calls and probes that failed of late, 0 to 1.")] double FailureShare,
    [property: Description("Calls of the one asked that run there.")] uint InFlight,
    [property: Description("Calls of all its callers that run there, as it told last.")] uint NodeInFlight,
    [property: Description("How many it can serve at once; 0: it does not tell.")] uint Capacity,
    [property: Description("How far it has warmed up, 0 to 1: its share of the calls that it would be given.")] double Warmth,
    [property: Description("The last failure; empty: none, or an answer since.")] string Fault)
{
    /// <summary>A candidate, as JSON.</summary>
    public static RouteCandidateJson Of(RouteCandidate candidate) => new(
        candidate.Node,
        candidate.Address,
        candidate.Verdict switch
        {
            RouteVerdict.Home => "home",
            RouteVerdict.WithinBand => "within-band",
            RouteVerdict.BeyondBand => "beyond-band",
            RouteVerdict.OverCapacity => "over-capacity",
            RouteVerdict.Queueing => "queueing",
            RouteVerdict.Draining => "draining",
            RouteVerdict.Ejected => "ejected",
            _ => "unknown",
        },
        candidate.Why,
        candidate.Share,
        Milliseconds.Of(candidate.Cost) ?? 0,
        Milliseconds.Of(candidate.RoundTrip),
        Milliseconds.Of(candidate.Served),
        Milliseconds.Of(candidate.ServedFloor),
        candidate.FailureShare,
        candidate.InFlight,
        candidate.NodeInFlight,
        candidate.Capacity,
        candidate.Warmth,
        candidate.Fault);
}
