using System.Globalization;
using System.Text;
using EdgeMesh.Benchmarks.Peers;

namespace EdgeMesh.Benchmarks.Report;

/// <summary>A result as Markdown tables, ready for the documentation.</summary>
internal static class ResultTable
{
    /// <summary>Writes it out.</summary>
    public static string Format(ServersResult result)
    {
        var text = new StringBuilder();
        foreach (var kind in result.Results.GroupBy(r => r.Kind))
        {
            var hasLatency = kind.Any(r => r.Latency is not null);
            var hasGhz = kind.Any(r => r.GhzCallsPerSecond is not null);
            var yardstick = kind.First().Peer;
            List<string> heads = ["size", "peer", "calls/s, median", "lowest to highest", $"ratio to {yardstick}", "processor time a call, µs", "ratio by it"];
            heads.AddRange(hasLatency ? ["at calls/s", "p50, µs", "p99, µs", "p99.9, µs"] : []);
            heads.AddRange(hasGhz ? ["ghz, calls/s"] : []);
            text.AppendLine(kind.Key == PeerKind.Answers ? "Servers that have the answer:" : "Servers that ask another:").AppendLine();
            AppendRow(text, heads);
            text.AppendLine("|" + string.Concat(Enumerable.Repeat("---|", heads.Count)));
            foreach (var row in kind)
            {
                List<string> cells =
                [
                    SizeText.Format(row.SizeBytes), row.Peer, Whole(row.MedianCallsPerSecond), $"{Whole(row.CallsPerSecond.Min())} to {Whole(row.CallsPerSecond.Max())}",
                    Ratio(row.Ratio), Ratio(row.CpuPerCall), Ratio(row.CpuRatio),
                ];
                cells.AddRange(hasLatency && row.Latency is { } latency ? [Whole(latency.CallsPerSecond), Whole(latency.P50), Whole(latency.P99), Whole(latency.P999)] : []);
                cells.AddRange(hasGhz ? [row.GhzCallsPerSecond is { } calls ? Whole(calls) : "-"] : []);
                AppendRow(text, cells);
            }

            text.AppendLine();
        }

        foreach (var (peer, description) in result.Descriptions)
        {
            text.AppendLine($"- {peer}: {description}.");
        }

        foreach (var missing in result.Missing)
        {
            text.AppendLine($"- not measured: {missing}");
        }

        var machine = result.Machine;
        return text.AppendLine().Append($"{result.Method}. {machine.Processor}; {machine.System}; SDK {machine.Sdk}; commit {machine.Commit}; {machine.Time} UTC.").ToString();
    }

    private static void AppendRow(StringBuilder text, IEnumerable<string> cells) => text.AppendLine($"| {string.Join(" | ", cells)} |");

    private static string Whole(double number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Ratio(double number) => number.ToString("F2", CultureInfo.InvariantCulture);
}
