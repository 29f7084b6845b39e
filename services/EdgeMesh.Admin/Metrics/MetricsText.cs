using System.Globalization;
using System.Text;

namespace EdgeMesh.Admin.Metrics;

/// <summary>A text format for metrics.</summary>
internal enum MetricsFormat
{
    /// <summary>Prometheus text exposition, version 0.0.4.</summary>
    Prometheus,

    /// <summary>OpenMetrics 1.0.0.</summary>
    OpenMetrics,
}

/// <summary>Writes metrics as text.</summary>
/// <remarks>https://github.com/prometheus/OpenMetrics (1.0.0); https://prometheus.io/docs/instrumenting/exposition_formats/. Both end lines with LF.</remarks>
internal static class MetricsText
{
    /// <summary>Writes all of a listener's instruments, and what they are of.</summary>
    /// <param name="listener">Has measured.</param>
    /// <param name="node">The node's name.</param>
    /// <param name="version">Version of its program.</param>
    /// <param name="format">The format.</param>
    public static string Write(MetricsListener listener, string node, string version, MetricsFormat format)
    {
        var text = new StringBuilder(32 * 1024);
        var families = new HashSet<string>(StringComparer.Ordinal);
        WriteTarget(text, node, version, format);
        listener.Collect(instrument =>
        {
            var (name, unit) = MetricNames.Family(instrument.Instrument);

            // Two instruments that differ in punctuation only would be one family, which may stand but once.
            if (families.Add(name) && instrument.All.ToList() is { Count: > 0 } series)
            {
                WriteHead(text, name, unit, instrument, format);
                foreach (var one in series)
                {
                    WriteSeries(text, name, instrument.Kind, one, format);
                }
            }
        });
        if (format == MetricsFormat.OpenMetrics)
        {
            text.Append("# EOF\n");
        }

        return text.ToString();
    }

    private static void WriteTarget(StringBuilder text, string node, string version, MetricsFormat format)
    {
        // An OpenMetrics info; 0.0.4 has none, and calls it a gauge.
        var isOpen = format == MetricsFormat.OpenMetrics;
        text.Append(isOpen ? "# TYPE target info\n# HELP target What the metrics are of.\n" : "# HELP target_info What the metrics are of.\n# TYPE target_info gauge\n");
        text.Append($"target_info{{service_name=\"edgemesh\",service_instance_id=\"{Labels.Escape(node)}\",service_version=\"{Labels.Escape(version)}\"}} 1\n");
    }

    private static void WriteHead(StringBuilder text, string name, string? unit, InstrumentSeries instrument, MetricsFormat format)
    {
        // 0.0.4 names a counter by its sample.
        var family = format == MetricsFormat.Prometheus && instrument.Kind == MetricKind.Counter ? SampleName(name) : name;
        var type = instrument.Kind switch { MetricKind.Counter => "counter", MetricKind.Gauge => "gauge", _ => "histogram" };
        text.Append($"# TYPE {family} {type}\n");
        if (format == MetricsFormat.OpenMetrics && unit is not null)
        {
            text.Append($"# UNIT {family} {unit}\n");
        }

        if (instrument.Instrument.Description is { Length: > 0 } help)
        {
            // 0.0.4 leaves a quotation mark as it is.
            text.Append($"# HELP {family} {(format == MetricsFormat.OpenMetrics ? Labels.Escape(help) : help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal))}\n");
        }
    }

    private static void WriteSeries(StringBuilder text, string name, MetricKind kind, Series series, MetricsFormat format)
    {
        switch (kind)
        {
            case MetricKind.Counter:
                WriteSample(text, SampleName(name), series.Labels, Number(series.Value));
                text.Append('\n');
                break;
            case MetricKind.Gauge:
                WriteSample(text, name, series.Labels, Number(series.Value));
                text.Append('\n');
                break;
            default:
                WriteHistogram(text, name, series, format);
                break;
        }
    }

    private static void WriteHistogram(StringBuilder text, string name, Series series, MetricsFormat format)
    {
        // The count is what the buckets add up to, not another counter: calls end while this is written.
        var count = 0L;
        var sum = series.Value;
        for (var bucket = 0; bucket <= series.Bounds.Count; bucket++)
        {
            count += series.CountIn(bucket);
            var le = bucket < series.Bounds.Count ? Bound(series.Bounds[bucket]) : "+Inf";
            WriteSample(text, name + "_bucket", series.Labels.Length == 0 ? $"le=\"{le}\"" : $"{series.Labels},le=\"{le}\"", Number(count));
            if (format == MetricsFormat.OpenMetrics && series.ExemplarIn(bucket) is { } exemplar)
            {
                text.Append($" # {{trace_id=\"{exemplar.TraceId}\",span_id=\"{exemplar.SpanId}\"}} {Number(exemplar.Value)} {Number(exemplar.Time.ToUnixTimeMilliseconds() / 1000.0)}");
            }

            text.Append('\n');
        }

        WriteSample(text, name + "_count", series.Labels, Number(count));
        text.Append('\n');
        WriteSample(text, name + "_sum", series.Labels, Number(sum));
        text.Append('\n');
    }

    private static void WriteSample(StringBuilder text, string name, string labels, string value)
    {
        text.Append(name);
        if (labels.Length > 0)
        {
            text.Append('{').Append(labels).Append('}');
        }

        text.Append(' ').Append(value);
    }

    private static string SampleName(string counter) => counter.EndsWith("_total", StringComparison.Ordinal) ? counter : counter + "_total";

    // OpenMetrics: the canonical form of a bound always has a point.
    private static string Bound(double bound) => bound == Math.Floor(bound) ? bound.ToString("0.0", CultureInfo.InvariantCulture) : Number(bound);

    private static string Number(double value) =>
        double.IsNaN(value) ? "NaN" : double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e');
}
