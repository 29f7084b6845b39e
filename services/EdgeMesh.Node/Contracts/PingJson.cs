using System.ComponentModel;

namespace EdgeMesh.Node.Contracts;

/// <summary>The JSON of <c>ping</c>. Times are round trips without the node's own share, in milliseconds; null when no probe was answered.</summary>
internal sealed record PingJson(
    [property: Description("The node that answered.")] string Node,
    [property: Description("Its Region; empty before it first joined.")] string Region,
    [property: Description("Where it was probed.")] string Address,
    [property: Description("Probes sent.")] long Sent,
    [property: Description("Probes answered.")] long Answered,
    [property: Description("Share lost, 0 to 1.")] double Loss,
    [property: Description("The shortest.")] double? MinMs,
    [property: Description("Their mean.")] double? MeanMs,
    [property: Description("The longest.")] double? MaxMs,
    [property: Description("Their standard deviation.")] double? DeviationMs,
    [property: Description("By percentile, each within 1 %.")] IReadOnlyList<PercentileJson> Percentiles,
    [property: Description("How often which length was seen, from short to long; empty classes are left out.")] IReadOnlyList<HistogramJson> Histogram,
    [property: Description("Whether the node was told, by --report.")] bool Reported);

/// <summary>A percentile of round trips.</summary>
internal sealed record PercentileJson(
    [property: Description("Of 100.")] double Percentile,
    [property: Description("So many per cent took no longer, in milliseconds.")] double Ms,
    [property: Description("How many that are.")] long Count);

/// <summary>Round trips of about one length.</summary>
internal sealed record HistogramJson(
    [property: Description("The middle of the class, in milliseconds; a class is 2 % wide.")] double Ms,
    [property: Description("How many.")] long Count);
