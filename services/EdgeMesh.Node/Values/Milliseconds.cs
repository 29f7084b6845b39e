using System.Globalization;
using ProtoDuration = Google.Protobuf.WellKnownTypes.Duration;

namespace EdgeMesh.Node.Values;

/// <summary>Short times for people and for JSON: milliseconds.</summary>
internal static class Milliseconds
{
    /// <summary>To the microsecond, for JSON; null for none.</summary>
    public static double? Of(ProtoDuration? time) => time is null ? null : Of(time.ToTimeSpan());

    /// <summary>To the microsecond, for JSON.</summary>
    public static double Of(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);

    /// <summary>To three digits: <c>0.412 ms</c>, <c>12.3 ms</c>, <c>148 ms</c>; nothing for none.</summary>
    public static string Show(double? milliseconds) => milliseconds is { } value ? $"{Digits(value)} ms" : "";

    /// <summary>The same without the unit.</summary>
    public static string Digits(double milliseconds) => Math.Abs(milliseconds) switch
    {
        < 10 => milliseconds.ToString("0.000", CultureInfo.InvariantCulture),
        < 100 => milliseconds.ToString("0.0", CultureInfo.InvariantCulture),
        _ => milliseconds.ToString("0", CultureInfo.InvariantCulture),
    };
}
