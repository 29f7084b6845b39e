using System.Globalization;

namespace EdgeMesh.Node.Values;

/// <summary>A length of time as people type it: <c>250ms</c>, <c>10s</c>, <c>1.5m</c>, <c>2h</c>; a bare number is seconds.</summary>
/// <param name="Time">The time itself.</param>
internal readonly record struct Duration(TimeSpan Time)
{
    /// <summary>A week: longer is a slip of the keyboard, and timers end at 49 days.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(7);

    private static readonly (string Suffix, TimeSpan Unit)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)),
        ("s", TimeSpan.FromSeconds(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)),
    ];

    /// <summary>Reads a time above 0 and up to 168 hours.</summary>
    public static bool TryRead(string text, out Duration value, out string error)
    {
        error = "want a time such as 250ms, 10s, 5m or 1h, above 0 and up to 168h";
        var (suffix, unit) = Array.Find(Units, known => text.EndsWith(known.Suffix, StringComparison.Ordinal));
        var number = suffix is null ? text : text[..^suffix.Length];
        value = default;
        if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)
            || amount <= 0
            || amount > (decimal)Longest.TotalMilliseconds)
        {
            return false;
        }

        var ticks = amount * (suffix is null ? TimeSpan.TicksPerSecond : unit.Ticks);
        if (ticks < 1 || ticks > Longest.Ticks)
        {
            return false;
        }

        value = new Duration(new TimeSpan((long)ticks));
        return true;
    }

    /// <summary>Reads a time for an option that may be left out.</summary>
    public static bool TryReadOptional(string text, out Duration? value, out string error)
    {
        var ok = TryRead(text, out var time, out error);
        value = ok ? time : null;
        return ok;
    }

    /// <summary>As people type it, in the largest unit that leaves a whole number.</summary>
    public override string ToString()
    {
        var ticks = Time.Ticks;
        var (suffix, unit) = Array.FindLast(Units, known => ticks % known.Unit.Ticks == 0);
        return suffix is null
            ? string.Create(CultureInfo.InvariantCulture, $"{Time.TotalMilliseconds}ms")
            : string.Create(CultureInfo.InvariantCulture, $"{ticks / unit.Ticks}{suffix}");
    }
}
