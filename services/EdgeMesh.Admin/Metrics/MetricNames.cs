using System.Diagnostics.Metrics;

namespace EdgeMesh.Admin.Metrics;

/// <summary>Names of instruments, units and attributes in the text formats (OpenTelemetry's "Prometheus and OpenMetrics Compatibility").</summary>
internal static class MetricNames
{
    private static readonly Dictionary<string, string> Units = new(StringComparer.Ordinal)
    {
        ["s"] = "seconds",
        ["ms"] = "milliseconds",
        ["us"] = "microseconds",
        ["ns"] = "nanoseconds",
        ["By"] = "bytes",
        ["By/s"] = "bytes_per_second",
        ["%"] = "percent",
        ["Cel"] = "celsius",
    };

    /// <summary>The name of an instrument's family: dots become underscores, and its unit is the last word. <c>{call}</c> and other annotations are no units.</summary>
    public static (string Name, string? Unit) Family(Instrument instrument)
    {
        var name = Clean(instrument.Name, isLabel: false);
        var unit = instrument.Unit is { Length: > 0 } text && text[0] != '{' && Units.TryGetValue(text, out var word) ? word : null;
        return (unit is null || name.EndsWith("_" + unit, StringComparison.Ordinal) ? name : $"{name}_{unit}", unit);
    }

    /// <summary>The name of an attribute.</summary>
    public static string Label(string name) => Clean(name, isLabel: true);

    private static string Clean(string name, bool isLabel)
    {
        var clean = string.Concat(name.Select((c, i) => char.IsAsciiLetter(c) || (i > 0 && char.IsAsciiDigit(c)) || (!isLabel && c == ':') ? c : '_'));
        return clean.Length == 0 ? "_" : clean;
    }
}
