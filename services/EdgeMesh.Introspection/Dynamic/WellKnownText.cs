using System.Globalization;
using System.Text;

namespace EdgeMesh.Introspection;

/// <summary>Timestamp, Duration and FieldMask as JSON text.</summary>
internal static class WellKnownText
{
    // 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z (timestamp.proto).
    private const long MinTimestampSeconds = -62_135_596_800;
    private const long MaxTimestampSeconds = 253_402_300_799;

    // About 10 000 years (duration.proto).
    private const long MaxDurationSeconds = 315_576_000_000;
    private const int NanosPerSecond = 1_000_000_000;

    /// <summary>RFC 3339, in UTC, with 0, 3, 6 or 9 fractional digits; null when out of range.</summary>
    public static string? FormatTimestamp(long seconds, int nanos)
    {
        if (seconds is < MinTimestampSeconds or > MaxTimestampSeconds || nanos is < 0 or >= NanosPerSecond)
        {
            return null;
        }

        var second = DateTime.UnixEpoch.AddSeconds(seconds);
        return $"{second.ToString("yyyy'-'MM'-'dd'T'HH':'mm':'ss", CultureInfo.InvariantCulture)}{Fraction(nanos)}Z";
    }

    /// <summary>Reads RFC 3339 with any offset and up to nine fractional digits.</summary>
    public static bool TryParseTimestamp(string text, out long seconds, out int nanos)
    {
        (seconds, nanos) = (0, 0);
        // yyyy-MM-ddTHH:mm:ss[.fffffffff](Z|+hh:mm|-hh:mm)
        const int SecondsEnd = 19;
        if (text.Length <= SecondsEnd
            || !DateTime.TryParseExact(text.AsSpan(0, SecondsEnd), "yyyy'-'MM'-'dd'T'HH':'mm':'ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var second))
        {
            return false;
        }

        var rest = text.AsSpan(SecondsEnd);
        if (rest[0] == '.')
        {
            var zone = rest.IndexOfAny('Z', '+', '-');
            if (zone < 0 || !TryParseFraction(rest[1..zone], out nanos))
            {
                return false;
            }

            rest = rest[zone..];
        }

        if (!TryParseOffset(rest, out var offset))
        {
            return false;
        }

        seconds = ((second.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond) - offset;
        return seconds is >= MinTimestampSeconds and <= MaxTimestampSeconds;
    }

    /// <summary>Seconds with 0, 3, 6 or 9 fractional digits and an "s"; null when out of range or when the signs differ.</summary>
    public static string? FormatDuration(long seconds, int nanos)
    {
        if (seconds is < -MaxDurationSeconds or > MaxDurationSeconds || nanos is <= -NanosPerSecond or >= NanosPerSecond
            || (seconds > 0 && nanos < 0) || (seconds < 0 && nanos > 0))
        {
            return null;
        }

        var sign = seconds < 0 || nanos < 0 ? "-" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{sign}{Math.Abs(seconds)}{Fraction(Math.Abs(nanos))}s");
    }

    /// <summary>Reads <c>-1.5s</c>.</summary>
    public static bool TryParseDuration(string text, out long seconds, out int nanos)
    {
        (seconds, nanos) = (0, 0);
        if (text is not [.., 's'])
        {
            return false;
        }

        var number = text.AsSpan(0, text.Length - 1);
        var negative = number is ['-', ..];
        number = negative ? number[1..] : number;
        if (number.IndexOf('.') is var dot && dot >= 0)
        {
            if (!TryParseFraction(number[(dot + 1)..], out nanos))
            {
                return false;
            }

            number = number[..dot];
        }

        if (!long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out seconds) || seconds > MaxDurationSeconds)
        {
            return false;
        }

        (seconds, nanos) = negative ? (-seconds, -nanos) : (seconds, nanos);
        return true;
    }

    /// <summary>A field mask's path in lower camel case; null when it would not come back as it was.</summary>
    public static string? FormatMaskPath(string path)
    {
        var text = new StringBuilder(path.Length);
        for (var i = 0; i < path.Length; i++)
        {
            if (char.IsAsciiLetterUpper(path[i]) || (path[i] == '_' && (i + 1 == path.Length || !char.IsAsciiLetterLower(path[i + 1]))))
            {
                return null;
            }

            text.Append(path[i] == '_' ? char.ToUpperInvariant(path[++i]) : path[i]);
        }

        return text.ToString();
    }

    /// <summary>A field mask's path in snake case; null when it has an underscore.</summary>
    public static string? ParseMaskPath(string text)
    {
        if (text.Contains('_', StringComparison.Ordinal))
        {
            return null;
        }

        var path = new StringBuilder(text.Length + 4);
        foreach (var c in text)
        {
            _ = char.IsAsciiLetterUpper(c) ? path.Append('_').Append(char.ToLowerInvariant(c)) : path.Append(c);
        }

        return path.ToString();
    }

    private static string Fraction(int nanos) => nanos switch
    {
        0 => "",
        _ when nanos % 1_000_000 == 0 => string.Create(CultureInfo.InvariantCulture, $".{nanos / 1_000_000:000}"),
        _ when nanos % 1_000 == 0 => string.Create(CultureInfo.InvariantCulture, $".{nanos / 1_000:000000}"),
        _ => string.Create(CultureInfo.InvariantCulture, $".{nanos:000000000}"),
    };

    private static bool TryParseFraction(ReadOnlySpan<char> digits, out int nanos)
    {
        nanos = 0;
        if (digits.Length is 0 or > 9 || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out nanos))
        {
            return false;
        }

        for (var i = digits.Length; i < 9; i++)
        {
            nanos *= 10;
        }

        return true;
    }

    private static bool TryParseOffset(ReadOnlySpan<char> text, out int seconds)
    {
        seconds = 0;
        if (text is ['Z'])
        {
            return true;
        }

        if (text is not ['+' or '-', _, _, ':', _, _]
            || !int.TryParse(text[1..3], NumberStyles.None, CultureInfo.InvariantCulture, out var hours)
            || !int.TryParse(text[4..6], NumberStyles.None, CultureInfo.InvariantCulture, out var minutes)
            || hours > 23 || minutes > 59)
        {
            return false;
        }

        seconds = ((hours * 60) + minutes) * (text[0] == '-' ? -60 : 60);
        return true;
    }
}
