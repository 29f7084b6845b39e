using EdgeMesh.Client;
using EdgeMesh.Client.Picking;
using EdgeMesh.V1;
using Google.Protobuf.WellKnownTypes;

namespace EdgeMesh.Sidecar;

/// <summary>Explanations of picks as messages.</summary>
public static class RouteMessages
{
    /// <summary>Writes one.</summary>
    public static ExplainRouteResponse Write(PickExplanation explanation)
    {
        var message = new ExplainRouteResponse
        {
            Method = explanation.Method,
            Region = explanation.Region ?? "",
            Known = explanation.IsKnown,
            Unary = explanation.IsUnary,
            SideEffectFree = explanation.IsSideEffectFree,
            FurtherNodes = (uint)explanation.FurtherNodes,
            Fault = explanation.Fault ?? "",
        };
        message.Candidates.AddRange(explanation.Nodes.Select(Write));
        return message;
    }

    private static RouteCandidate Write(ExplainedNode node) => new()
    {
        Node = node.Status.Name,
        Address = node.Status.Address.GetLeftPart(UriPartial.Authority),
        Verdict = node.Verdict switch
        {
            PickVerdict.Home => RouteVerdict.Home,
            PickVerdict.WithinBand => RouteVerdict.WithinBand,
            PickVerdict.BeyondBand => RouteVerdict.BeyondBand,
            PickVerdict.OverCapacity => RouteVerdict.OverCapacity,
            PickVerdict.Queueing => RouteVerdict.Queueing,
            PickVerdict.Draining => RouteVerdict.Draining,
            PickVerdict.Ejected => RouteVerdict.Ejected,
            _ => RouteVerdict.Unspecified,
        },
        Why = node.Why,
        Share = node.Share,
        Cost = Duration.FromTimeSpan(node.Cost),
        RoundTrip = Write(node.Status.RoundTrip),
        Served = Write(node.Status.Served),
        ServedFloor = Write(node.ServedFloor),
        FailureShare = node.Status.FailureShare,
        InFlight = (uint)Math.Max(0, node.Status.InFlight),
        NodeInFlight = (uint)Math.Max(0, node.NodeInFlight),
        Capacity = (uint)Math.Max(0, node.Capacity),
        Warmth = node.Warmth,
        Fault = node.Status.Fault ?? "",
    };

    private static Duration? Write(TimeSpan? time) => time is { } known ? Duration.FromTimeSpan(known) : null;
}
