using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace EdgeMesh.Relay.Cache;

/// <summary>The directives of a <c>cache-control</c> or <c>cdn-cache-control</c> field that a shared cache heeds.</summary>
/// <remarks>
/// RFC 9111 section 5.2.2, RFC 5861, RFC 9213. Lenient where leniency never widens what is cached: an unknown directive is ignored;
/// a repeated lifetime or window counts as its smallest; one that is no number counts as 0 (RFC 9111 section 4.2.1).
/// </remarks>
internal readonly record struct CacheControl
{
    // RFC 9111 section 1.2.2: a recipient that cannot represent more treats it as 2^31 seconds.
    private const long MaxSeconds = 1L << 31;

    /// <summary>Whether there is any directive, known or not: a targeted field without one is as good as absent (RFC 9213 section 2.1).</summary>
    public bool HasDirectives { get; private init; }

    /// <summary><c>no-store</c>, <c>private</c> or <c>no-cache</c>, with or without field names: not stored here.</summary>
    public bool Forbids { get; private init; }

    /// <summary><c>public</c>: callers with credentials may share it.</summary>
    public bool IsPublic { get; private init; }

    /// <summary><c>max-age</c> in seconds.</summary>
    public long? MaxAge { get; private init; }

    /// <summary><c>s-maxage</c> in seconds.</summary>
    public long? SharedMaxAge { get; private init; }

    /// <summary><c>must-revalidate</c> or <c>proxy-revalidate</c>: never used stale (RFC 9111 sections 5.2.2.2 and 5.2.2.8).</summary>
    public bool ForbidsStale { get; private init; }

    /// <summary><c>no-transform</c>: its message is not coded anew (RFC 9111 section 5.2.2.6).</summary>
    public bool ForbidsTransform { get; private init; }

    /// <summary><c>stale-while-revalidate</c> in seconds (RFC 5861 section 3).</summary>
    public long? StaleWhileRevalidate { get; private init; }

    /// <summary><c>stale-if-error</c> in seconds (RFC 5861 section 4).</summary>
    public long? StaleIfError { get; private init; }

    /// <summary><c>no-cache</c>, which a request may say, too.</summary>
    public bool IsNoCache { get; private init; }

    /// <summary><c>no-store</c>, which a request may say, too.</summary>
    public bool IsNoStore { get; private init; }

    /// <summary><c>only-if-cached</c> of a request (RFC 9111 section 5.2.1.7).</summary>
    public bool IsOnlyIfCached { get; private init; }

    /// <summary><c>min-fresh</c> of a request, in seconds (RFC 9111 section 5.2.1.3).</summary>
    public long? MinFresh { get; private init; }

    /// <summary>Reads all values of a field.</summary>
    public static CacheControl Parse(StringValues values)
    {
        var parsed = default(CacheControl);
        foreach (var value in values)
        {
            var rest = value.AsSpan();
            while (TryReadDirective(ref rest, out var name, out var argument))
            {
                parsed = parsed.With(name, argument) with { HasDirectives = true };
            }
        }

        return parsed;
    }

    private CacheControl With(ReadOnlySpan<char> name, ReadOnlySpan<char> argument)
    {
        if (Is(name, "no-store") || Is(name, "private") || Is(name, "no-cache"))
        {
            return this with { Forbids = true, IsNoCache = IsNoCache || Is(name, "no-cache"), IsNoStore = IsNoStore || Is(name, "no-store") };
        }

        if (Is(name, "public"))
        {
            return this with { IsPublic = true };
        }

        if (Is(name, "max-age"))
        {
            return this with { MaxAge = Smaller(MaxAge, Seconds(argument)) };
        }

        if (Is(name, "s-maxage"))
        {
            return this with { SharedMaxAge = Smaller(SharedMaxAge, Seconds(argument)) };
        }

        if (Is(name, "must-revalidate") || Is(name, "proxy-revalidate"))
        {
            return this with { ForbidsStale = true };
        }

        if (Is(name, "no-transform"))
        {
            return this with { ForbidsTransform = true };
        }

        if (Is(name, "stale-while-revalidate"))
        {
            return this with { StaleWhileRevalidate = Smaller(StaleWhileRevalidate, Seconds(argument)) };
        }

        if (Is(name, "only-if-cached"))
        {
            return this with { IsOnlyIfCached = true };
        }

        if (Is(name, "min-fresh"))
        {
            // The largest asks for most.
            return this with { MinFresh = Math.Max(MinFresh ?? 0, Seconds(argument)) };
        }

        return Is(name, "stale-if-error") ? this with { StaleIfError = Smaller(StaleIfError, Seconds(argument)) } : this;
    }

    /// <summary>Takes one <c>token [ "=" ( token / quoted-string ) ]</c> off a comma-separated list (RFC 9110 section 5.6.1).</summary>
    private static bool TryReadDirective(ref ReadOnlySpan<char> rest, out ReadOnlySpan<char> name, out ReadOnlySpan<char> argument)
    {
        name = default;
        argument = default;
        rest = rest.TrimStart(" \t,");
        if (rest.IsEmpty)
        {
            return false;
        }

        var end = rest.IndexOfAny(",=");
        name = (end < 0 ? rest : rest[..end]).Trim(" \t");
        if (end < 0 || rest[end] == ',')
        {
            rest = end < 0 ? default : rest[(end + 1)..];
            return true;
        }

        rest = rest[(end + 1)..].TrimStart(" \t");
        if (!rest.IsEmpty && rest[0] == '"')
        {
            var close = 1;
            while (close < rest.Length && rest[close] != '"')
            {
                close += rest[close] == '\\' ? 2 : 1;
            }

            close = Math.Min(close, rest.Length);
            argument = rest[1..close];
            rest = rest[Math.Min(close + 1, rest.Length)..];
            var comma = rest.IndexOf(',');
            rest = comma < 0 ? default : rest[(comma + 1)..];
            return true;
        }

        end = rest.IndexOf(',');
        argument = (end < 0 ? rest : rest[..end]).Trim(" \t");
        rest = end < 0 ? default : rest[(end + 1)..];
        return true;
    }

    private static bool Is(ReadOnlySpan<char> name, string directive) => name.Equals(directive, StringComparison.OrdinalIgnoreCase);

    private static long Smaller(long? known, long found) => known is { } value ? Math.Min(value, found) : found;

    private static long Seconds(ReadOnlySpan<char> argument)
    {
        if (argument.IsEmpty || argument.ContainsAnyExceptInRange('0', '9'))
        {
            return 0;
        }

        return long.TryParse(argument, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? Math.Min(seconds, MaxSeconds) : MaxSeconds;
    }
}
