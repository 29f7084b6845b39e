using System.Globalization;

namespace EdgeMesh.Wire;

/// <summary>The <c>grpc-timeout</c> header: how long a caller will wait.</summary>
/// <remarks>
/// <c>TimeoutValue TimeoutUnit</c>: 1 to 8 ASCII digits and one of H, M, S, m, u, n
/// (gRPC over HTTP2, "Requests"). Stateless; thread-safe.
/// </remarks>
public static class GrpcTimeout
{
    /// <summary>Longest value that the grammar can say: 99,999,999 hours. Anything longer is written as this.</summary>
    public static readonly TimeSpan MaxValue = TimeSpan.FromHours(99_999_999);

    private const int MaxDigits = 8;
    private const long NanosecondsPerTick = 100;

    /// <summary>Reads a header value. Nanoseconds below a tick (100 ns) are rounded up, so that a positive timeout stays positive.</summary>
    /// <param name="value">The header value as received.</param>
    /// <param name="timeout">0 to <see cref="MaxValue"/>.</param>
    /// <returns>False for anything outside the grammar.</returns>
    public static bool TryParse(ReadOnlySpan<char> value, out TimeSpan timeout)
    {
        timeout = default;
        if (value.Length is < 2 or > MaxDigits + 1)
        {
            return false;
        }

        long amount = 0;
        foreach (var c in value[..^1])
        {
            if (!char.IsAsciiDigit(c))
            {
                return false;
            }

            amount = (amount * 10) + (c - '0');
        }

        long ticks;
        switch (value[^1])
        {
            case 'H': ticks = amount * TimeSpan.TicksPerHour; break;
            case 'M': ticks = amount * TimeSpan.TicksPerMinute; break;
            case 'S': ticks = amount * TimeSpan.TicksPerSecond; break;
            case 'm': ticks = amount * TimeSpan.TicksPerMillisecond; break;
            case 'u': ticks = amount * TimeSpan.TicksPerMicrosecond; break;
            case 'n': ticks = (amount + NanosecondsPerTick - 1) / NanosecondsPerTick; break;
            default: return false;
        }

        timeout = new TimeSpan(ticks);
        return true;
    }

    /// <summary>Writes a header value in the finest unit that fits 8 digits, rounded up: the peer never gives up before the caller would.</summary>
    /// <param name="timeout">Negative counts as 0; longer than <see cref="MaxValue"/> as that.</param>
    public static string Format(TimeSpan timeout)
    {
        const long Limit = 100_000_000;
        var ticks = Math.Max(0, timeout.Ticks);
        if (ticks < Limit / NanosecondsPerTick)
        {
            return Text(ticks * NanosecondsPerTick, 'n');
        }

        foreach (var (ticksPerUnit, unit) in Units)
        {
            var amount = (ticks / ticksPerUnit) + (ticks % ticksPerUnit == 0 ? 0 : 1);
            if (amount < Limit)
            {
                return Text(amount, unit);
            }
        }

        return Text(Limit - 1, 'H');
    }

    private static readonly (long TicksPerUnit, char Unit)[] Units =
    [
        (TimeSpan.TicksPerMicrosecond, 'u'),
        (TimeSpan.TicksPerMillisecond, 'm'),
        (TimeSpan.TicksPerSecond, 'S'),
        (TimeSpan.TicksPerMinute, 'M'),
        (TimeSpan.TicksPerHour, 'H'),
    ];

    private static string Text(long amount, char unit) => string.Create(CultureInfo.InvariantCulture, $"{amount}{unit}");
}
