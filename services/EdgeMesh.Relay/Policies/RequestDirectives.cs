using EdgeMesh.Caching;
using EdgeMesh.Relay.Cache;
using Microsoft.Extensions.Primitives;

namespace EdgeMesh.Relay.Policies;

/// <summary>Directives of a request's <c>cache-control</c> that a policy lets count (RFC 9111 section 5.2.1).</summary>
[Flags]
internal enum HonouredDirectives
{
    None = 0,
    NoCache = 1,
    NoStore = 2,
    MaxAge = 4,
    MinFresh = 8,
    OnlyIfCached = 16,
}

/// <summary>What a request's <c>cache-control</c> asks for, as far as policy lets it count; the default: nothing.</summary>
internal readonly record struct RequestDirectives
{
    /// <summary>Names in policies.</summary>
    public static readonly IReadOnlyDictionary<string, HonouredDirectives> Names = new Dictionary<string, HonouredDirectives>(StringComparer.Ordinal)
    {
        ["no-cache"] = HonouredDirectives.NoCache,
        ["no-store"] = HonouredDirectives.NoStore,
        ["max-age"] = HonouredDirectives.MaxAge,
        ["min-fresh"] = HonouredDirectives.MinFresh,
        ["only-if-cached"] = HonouredDirectives.OnlyIfCached,
    };

    /// <summary><c>no-cache</c>: nothing stored may answer.</summary>
    public bool NoCache { get; private init; }

    /// <summary><c>no-store</c>: the answer is not stored.</summary>
    public bool NoStore { get; private init; }

    /// <summary><c>only-if-cached</c>: upstream is not asked.</summary>
    public bool OnlyIfCached { get; private init; }

    private TimeSpan? MaxAge { get; init; }

    private TimeSpan? MinFresh { get; init; }

    /// <summary>Whether stored answers must be younger, or fresher, than they would have to be: then no stale one will do.</summary>
    public bool Demands => NoCache || MaxAge is not null || MinFresh is not null;

    /// <summary>Reads the field.</summary>
    /// <param name="honoured">What counts.</param>
    public static RequestDirectives Read(StringValues cacheControl, HonouredDirectives honoured)
    {
        if (honoured == HonouredDirectives.None || cacheControl.Count == 0)
        {
            return default;
        }

        var asked = CacheControl.Parse(cacheControl);
        return new RequestDirectives
        {
            NoCache = asked.IsNoCache && honoured.HasFlag(HonouredDirectives.NoCache),
            NoStore = asked.IsNoStore && honoured.HasFlag(HonouredDirectives.NoStore),
            OnlyIfCached = asked.IsOnlyIfCached && honoured.HasFlag(HonouredDirectives.OnlyIfCached),
            MaxAge = honoured.HasFlag(HonouredDirectives.MaxAge) && asked.MaxAge is { } age ? TimeSpan.FromSeconds(age) : null,
            MinFresh = honoured.HasFlag(HonouredDirectives.MinFresh) && asked.MinFresh is { } fresh ? TimeSpan.FromSeconds(fresh) : null,
        };
    }

    /// <summary>Whether a fresh entry will do.</summary>
    public bool Allow(EntryHead head, long now, TimeProvider time) =>
        !NoCache
        && !(MaxAge is { } most && head.InitialAge + time.GetElapsedTime(head.StoredAt, now) > most)
        && !(MinFresh is { } least && time.GetElapsedTime(now, head.FreshUntil) < least);
}
