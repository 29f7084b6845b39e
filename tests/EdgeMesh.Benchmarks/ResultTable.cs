using System.Globalization;

namespace EdgeMesh.Benchmarks;

/// <summary>A result as a Markdown table, ready for the documentation.</summary>
internal static class ResultTable
{
    /// <summary>Writes it out.</summary>
    public static string Format(BenchmarkResult result)
    {
        var lines = new List<string>
        {
            "| peer | calls/s, median | lowest to highest | ratio, median of rounds | processor time a call, µs | ratio by it |",
            "|---|---|---|---|---|---|",
        };
        lines.AddRange(result.Peers.Select(p => string.Create(
            CultureInfo.InvariantCulture,
            $"| {p.Peer} | {p.MedianCallsPerSecond:N0} | {p.CallsPerSecond.Min():N0} to {p.CallsPerSecond.Max():N0} | {p.Ratio:F2} | {p.MedianCpuPerCall:F2} | {p.CpuRatio:F2} |")));
        lines.Add("");
        lines.AddRange(result.Peers.Select(p => $"{p.Peer}: {p.Description}."));
        lines.Add("");
        lines.Add($"{result.Method}. {result.Machine.Processor}; {result.Machine.System}; SDK {result.Machine.Sdk}; commit {result.Machine.Commit}; {result.Machine.Time} UTC.");
        return string.Join('\n', lines);
    }
}
