using System.ComponentModel;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Contracts;

/// <summary>A node of the mesh, in the JSON of <c>nodes</c> and <c>up</c>.</summary>
internal sealed record NodeJson(
    [property: Description("Its name.")] string Name,
    [property: Description("region, edge-location or local-zone.")] string Kind,
    [property: Description("Where its data listener is reached.")] string Address,
    [property: Description("ready, draining, lost or unknown.")] string State,
    [property: Description("Version of its program.")] string Version,
    [property: Description("When it joined, this time, ISO 8601 in UTC; null when not known.")] DateTimeOffset? Joined,
    [property: Description("When the Region last heard of it, ISO 8601 in UTC; null when not known.")] DateTimeOffset? Reported,
    [property: Description("What it counted since it started; null for a Region and before the first report.")] CountsJson? Counts,
    [property: Description("Where it stands; null when it did not say.")] PositionJson? Position,
    [property: Description("Whose law holds there; null when it did not say.")] string? Jurisdiction,
    [property: Description("Of a Local Zone: its group; else null.")] string? ZoneGroup,
    [property: Description("Of a Local Zone: whether its group is enabled; else null.")] bool? ZoneGroupEnabled,
    [property: Description("Of a Local Zone: prefixes of the services that are placed there; else null.")] IReadOnlyList<string>? Services,
    [property: Description("Its process, when `up` started it; else null.")] int? Pid = null)
{
    /// <summary>What the Region says of a node, as JSON.</summary>
    public static NodeJson Of(NodeInfo node, int? pid = null) => new(
        node.Name,
        KindOf(node.Kind),
        node.Address,
        StateOf(node.State),
        node.Version,
        node.JoinTime?.ToDateTimeOffset(),
        node.ReportTime?.ToDateTimeOffset(),
        node.Report is null || node.Kind == NodeKind.Region ? null : CountsJson.Of(node.Report),
        PositionJson.Of(node.Position),
        node.Jurisdiction.Length == 0 ? null : node.Jurisdiction,
        node.ZoneGroup.Length == 0 ? null : node.ZoneGroup,
        node.Kind == NodeKind.LocalZone ? node.ZoneGroupEnabled : null,
        node.Kind == NodeKind.LocalZone ? [.. node.PlacedServices] : null,
        pid);

    /// <summary>A kind's word.</summary>
    public static string KindOf(NodeKind kind) => kind switch
    {
        NodeKind.Region => "region",
        NodeKind.EdgeLocation => "edge-location",
        NodeKind.LocalZone => "local-zone",
        _ => "unknown",
    };

    /// <summary>A state's word.</summary>
    public static string StateOf(NodeState state) => state switch
    {
        NodeState.Ready => "ready",
        NodeState.Draining => "draining",
        NodeState.Lost => "lost",
        _ => "unknown",
    };
}

/// <summary>What an edge location or a Local Zone counted since it started.</summary>
internal sealed record CountsJson(
    [property: Description("Calls answered from the cache.")] ulong Hits,
    [property: Description("Cacheable calls that had to ask upstream.")] ulong Misses,
    [property: Description("Calls that waited for another's fill and were answered by it.")] ulong Coalesced,
    [property: Description("Calls relayed without a look into the cache.")] ulong Bypasses,
    [property: Description("Calls that ended because upstream could not be reached.")] ulong UpstreamFailures,
    [property: Description("Entries in the cache now.")] ulong Entries,
    [property: Description("Bytes charged to the cache now.")] ulong CacheBytes)
{
    /// <summary>A node's report, as JSON.</summary>
    public static CountsJson Of(NodeReport report) => new(
        report.Hits, report.Misses, report.Coalesced, report.Bypasses, report.UpstreamFailures, report.Entries, report.CacheBytes);
}

/// <summary>The JSON of <c>nodes</c>.</summary>
internal sealed record NodesJson(
    [property: Description("The Region first, then by kind and name.")] IReadOnlyList<NodeJson> Nodes);
