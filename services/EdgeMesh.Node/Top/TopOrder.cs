using EdgeMesh.V1;

namespace EdgeMesh.Node.Top;

/// <summary>What nodes are sorted by.</summary>
internal enum TopOrder
{
    /// <summary>As the Region lists them: itself first, then by kind and name.</summary>
    Name,

    /// <summary>Most calls first.</summary>
    Calls,

    /// <summary>Least hits first: where a cache does not help.</summary>
    Hits,

    /// <summary>Slowest 99th percentile first.</summary>
    Latency,

    /// <summary>Most bytes sent first.</summary>
    Bytes,

    /// <summary>Most errors and upstream failures first.</summary>
    Errors,
}

/// <summary>Sorting.</summary>
internal static class TopOrders
{
    /// <summary>The next one, round.</summary>
    public static TopOrder Next(this TopOrder order) => (TopOrder)(((int)order + 1) % Enum.GetValues<TopOrder>().Length);

    /// <summary>Sorts; nodes that are equal, or say nothing, stay in the Region's order, the latter at the end.</summary>
    public static IEnumerable<RatedNode> Sort(this TopOrder order, IEnumerable<RatedNode> nodes) => order switch
    {
        TopOrder.Calls => nodes.OrderByDescending(node => node.Rates?.CallsPerSecond ?? -1),
        TopOrder.Hits => nodes.OrderBy(node => node.Rates?.HitRatio ?? 2),
        TopOrder.Latency => nodes.OrderByDescending(node => node.Node.Report?.Latency?.P99?.ToTimeSpan() ?? TimeSpan.MinValue),
        TopOrder.Bytes => nodes.OrderByDescending(node => node.Rates?.SentBytesPerSecond ?? -1),
        TopOrder.Errors => nodes.OrderByDescending(node => node.Rates is { } rates ? rates.ErrorsPerSecond + rates.UpstreamFailuresPerSecond : -1),
        _ => nodes,
    };
}
