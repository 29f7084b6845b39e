using System.Globalization;
using EdgeMesh.Latency.Samples;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.Latencies;

/// <summary>What <c>ping</c> shows at its end: the statistics that ping(8) has, percentiles, and a histogram drawn in characters.</summary>
internal static class PingText
{
    private const int MaxRows = 16;
    private const int BarWidth = 40;

    // Eighths of a character's width, from one to eight.
    private const string Eighths = "▏▎▍▌▋▊▉█";

    /// <summary>The lines of statistics.</summary>
    public static IEnumerable<string> Summary(PingJson ping, TimeSpan elapsed)
    {
        yield return $"--- {ping.Node} ping statistics ---";
        yield return string.Create(CultureInfo.InvariantCulture, $"{ping.Sent} probes sent, {ping.Answered} answered, {ping.Loss * 100:0.#} % lost, {elapsed.TotalSeconds:0.0} s");
        if (ping is { MinMs: { } least, MeanMs: { } mean, MaxMs: { } longest, DeviationMs: { } deviation })
        {
            yield return $"round trip min/avg/max/mdev = {Milliseconds.Digits(least)}/{Milliseconds.Digits(mean)}/{Milliseconds.Digits(longest)}/{Milliseconds.Digits(deviation)} ms";
        }
    }

    /// <summary>The percentiles, as HdrHistogram's tools print them.</summary>
    public static TextTable Percentiles(PingJson ping)
    {
        var table = new TextTable(">Percentile", ">Round trip", ">Count");
        foreach (var row in ping.Percentiles)
        {
            table.Add(row.Percentile.ToString("0.##", CultureInfo.InvariantCulture), Milliseconds.Show(row.Ms), row.Count.ToString(CultureInfo.InvariantCulture));
        }

        return table;
    }

    /// <summary>A row for each class of lengths, all of one width on a logarithmic scale: where it begins, a bar, how many.</summary>
    public static IEnumerable<string> Histogram(DDSketch roundTrips)
    {
        var buckets = roundTrips.Buckets().ToArray();
        if (buckets.Length == 0)
        {
            yield break;
        }

        // 1. Rows: as many sketch buckets to each as make them fit.
        var least = Math.Log(buckets[0].Middle.TotalMilliseconds);
        var most = Math.Log(buckets[^1].Middle.TotalMilliseconds);
        var bucketWidth = Math.Log((1 + DDSketch.RelativeError) / (1 - DDSketch.RelativeError));
        var width = bucketWidth * Math.Max(1, Math.Ceiling(((most - least) / bucketWidth / MaxRows) + (0.5 / MaxRows)));
        var counts = new long[(int)(((most - least) / width) + 0.5) + 1];
        foreach (var (middle, count) in buckets)
        {
            counts[Math.Min(counts.Length - 1, (int)(((Math.Log(middle.TotalMilliseconds) - least) / width) + 1e-6))] += count;
        }

        // 2. Bars against the largest.
        var largest = counts.Max();
        for (var row = 0; row < counts.Length; row++)
        {
            var from = Math.Exp(least + (row * width) - (bucketWidth / 2));
            yield return $"{Milliseconds.Show(from),10} {Bar(counts[row], largest)} {counts[row]}".TrimEnd();
        }
    }

    private static string Bar(long count, long largest)
    {
        // Whatever was seen at all shows.
        var eighths = count == 0 ? 0 : Math.Max(1, (int)Math.Round(count * BarWidth * 8.0 / largest));
        var bar = new string(Eighths[^1], eighths / 8) + (eighths % 8 > 0 ? Eighths[(eighths % 8) - 1] : "");
        return bar.PadRight(BarWidth);
    }
}
