using System.Globalization;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Top;

/// <summary>Nodes and their rates as lines of text.</summary>
internal static class TopText
{
    private const string Unknown = "-";

    /// <summary>The mesh in one line.</summary>
    public static string Summary(IReadOnlyList<RatedNode> nodes)
    {
        var states = nodes.GroupBy(node => NodeJson.StateOf(node.Node.State)).Select(group => $"{group.Count()} {group.Key}");
        var edges = nodes.Where(node => node.Node.Kind != NodeKind.Region && node.Rates is not null).ToList();
        var calls = edges.Sum(node => node.Rates!.CallsPerSecond);
        var rates = edges.Count == 0 ? "" : $", {Number(calls)} calls/s at its edges";
        return $"{nodes.FirstOrDefault(node => node.Node.Kind == NodeKind.Region)?.Node.Name}: {nodes.Count} nodes ({string.Join(", ", states)}){rates}";
    }

    /// <summary>Headings and one line a node.</summary>
    public static TextTable Table(IEnumerable<RatedNode> nodes)
    {
        var table = new TextTable("Node", "State", ">Calls/s", ">Hits", ">Running", ">p50", ">p90", ">p99", ">In/s", ">Out/s", ">Entries", ">Cache", ">Errors/s", ">Upstream failures/s");
        foreach (var (node, rates) in nodes)
        {
            var report = node.Report;
            var isCache = report is not null && node.Kind != NodeKind.Region;
            table.Add(
                node.Name,
                NodeJson.StateOf(node.State),
                Of(rates, r => Number(r.CallsPerSecond)),
                rates?.HitRatio is { } ratio ? string.Create(CultureInfo.InvariantCulture, $"{ratio * 100:0.0} %") : Unknown,
                report is null ? Unknown : Count(report.InFlight),
                Time(report?.Latency?.P50),
                Time(report?.Latency?.P90),
                Time(report?.Latency?.P99),
                Of(rates, r => ByteSize.Show((ulong)r.ReceivedBytesPerSecond)),
                Of(rates, r => ByteSize.Show((ulong)r.SentBytesPerSecond)),
                isCache ? Count(report!.Entries) : Unknown,
                isCache ? ByteSize.Show(report!.CacheBytes) : Unknown,
                Of(rates, r => Number(r.ErrorsPerSecond)),
                Of(rates, r => Number(r.UpstreamFailuresPerSecond)));
        }

        return table;
    }

    private static string Of(NodeRates? rates, Func<NodeRates, string> show) => rates is null ? Unknown : show(rates);

    private static string Count(ulong value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString(value is > 0 and < 10 ? "0.0" : "#,0", CultureInfo.InvariantCulture);

    private static string Time(Google.Protobuf.WellKnownTypes.Duration? duration)
    {
        if (duration is null)
        {
            return Unknown;
        }

        var milliseconds = duration.ToTimeSpan().TotalMilliseconds;
        return milliseconds switch
        {
            < 1 => string.Create(CultureInfo.InvariantCulture, $"{milliseconds * 1000:0} µs"),
            < 10 => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.00} ms"),
            < 1000 => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0} ms"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 1000:0.0} s"),
        };
    }
}
