using System.ComponentModel;
using EdgeMesh.Node.Top;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Contracts;

/// <summary>The JSON of <c>top</c>, once an interval.</summary>
internal sealed record TopJson(
    [property: Description("When the Region was asked, ISO 8601 in UTC.")] DateTimeOffset Time,
    [property: Description("The Region first, then by kind and name, or as --sort says.")] IReadOnlyList<TopNodeJson> Nodes);

/// <summary>A node in the JSON of <c>top</c>. Rates are between its last two reports, null before the second and when it is lost; times of calls over about the last minute, null when there were none.</summary>
internal sealed record TopNodeJson(
    [property: Description("Its name.")] string Name,
    [property: Description("region, edge-location or local-zone.")] string Kind,
    [property: Description("ready, draining, lost or unknown.")] string State,
    [property: Description("Calls that ended, a second.")] double? CallsPerSecond,
    [property: Description("Hits among the calls that the cache could answer, 0 to 1; null when there were none.")] double? HitRatio,
    [property: Description("Calls that run now.")] ulong? Running,
    [property: Description("Half of the calls took no longer, in milliseconds.")] double? P50Ms,
    [property: Description("Nine in ten took no longer, in milliseconds.")] double? P90Ms,
    [property: Description("Ninety-nine in a hundred took no longer, in milliseconds.")] double? P99Ms,
    [property: Description("Message bytes of requests, a second.")] double? ReceivedBytesPerSecond,
    [property: Description("Message bytes of answers, a second.")] double? SentBytesPerSecond,
    [property: Description("Entries in its cache; null for a Region.")] ulong? Entries,
    [property: Description("Bytes charged to its cache; null for a Region.")] ulong? CacheBytes,
    [property: Description("Calls that ended in an error of a server, a second.")] double? ErrorsPerSecond,
    [property: Description("Calls that ended because upstream could not be reached, a second.")] double? UpstreamFailuresPerSecond)
{
    /// <summary>A rated node, as JSON.</summary>
    public static TopNodeJson Of(RatedNode rated)
    {
        var (node, rates) = rated;
        var isCache = node.Kind != NodeKind.Region;
        return new(
            node.Name,
            NodeJson.KindOf(node.Kind),
            NodeJson.StateOf(node.State),
            rates?.CallsPerSecond,
            rates?.HitRatio,
            node.Report?.InFlight,
            node.Report?.Latency?.P50?.ToTimeSpan().TotalMilliseconds,
            node.Report?.Latency?.P90?.ToTimeSpan().TotalMilliseconds,
            node.Report?.Latency?.P99?.ToTimeSpan().TotalMilliseconds,
            rates?.ReceivedBytesPerSecond,
            rates?.SentBytesPerSecond,
            isCache ? node.Report?.Entries : null,
            isCache ? node.Report?.CacheBytes : null,
            rates?.ErrorsPerSecond,
            rates?.UpstreamFailuresPerSecond);
    }
}
