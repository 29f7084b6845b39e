using EdgeMesh.Caching;
using EdgeMesh.Relay.Telemetry;
using Microsoft.AspNetCore.Http;

namespace EdgeMesh.Relay.Cache;

// How a call's entry is found.
internal sealed partial class CachedCallHandler
{
    /// <summary>When an entry may be used.</summary>
    private enum EntryUse
    {
        /// <summary>While it is fresh.</summary>
        Fresh,

        /// <summary>While it is fresh, or is being asked for anew and its origin lets it be used meanwhile.</summary>
        WhileRevalidating,

        /// <summary>As long as its origin lets it be used at all.</summary>
        OnError,
    }

    /// <summary>Answers from the store; notes that as a hit.</summary>
    /// <param name="stored">What the entry is stored under; where it would be looked for last, when there is none.</param>
    /// <returns>The writing of what is left; null, with nothing written: there is no answer for this call.</returns>
    private Task? TryAnswer(HttpContext context, in RequestFacts facts, in CallKeys keys, CallRecord record, EntryUse use, SecondsText status, out CacheKey stored)
    {
        var now = telemetry.Time.GetTimestamp();
        using var hit = FindEither(context, facts, keys, now, use, out stored);
        if (!hit.IsHit || _hits.TryWriteAll(context, hit, now, facts.AcceptsGzip, status, record) is not { } writing)
        {
            return null;
        }

        record.Decide(CallOutcome.Hit, IsNegative(hit) ? Negative : null);
        if (options.Trace is { } trace)
        {
            using var held = hit.IsLarge ? hit.Hold() : null;
            trace.Record(stored.Hash, held?.Frames.Length ?? hit.FirstFrames.Length);
        }

        return writing;
    }

    private Task? TryAnswer(Call call, EntryUse use, SecondsText status, out CacheKey stored) =>
        TryAnswer(call.Context, call.Facts, call.Keys, call.Record, use, status, out stored);

    /// <summary>Finds a call's own entry, else a public one.</summary>
    private CacheHit FindEither(HttpContext context, in RequestFacts facts, in CallKeys keys, long now, EntryUse use, out CacheKey stored)
    {
        var isStale = false;
        var found = Find(context, facts, keys.Own, now, use, ref isStale, out _, out var variant);
        stored = variant ?? keys.Own;
        if (found.IsHit || ReferenceEquals(keys.Own, keys.Shared))
        {
            return found;
        }

        found = FindPublic(context, facts, keys.Shared, now, use, ref isStale, out _, out variant);
        stored = variant ?? keys.Shared;
        return found;
    }

    /// <summary>Finds what a call with credentials may share: an answer that said <c>public</c>.</summary>
    private CacheHit FindPublic(HttpContext context, in RequestFacts facts, CacheKey shared, long now, EntryUse use, scoped ref bool isStale, out KeyHash hash, out CacheKey? variant)
    {
        var hit = Find(context, facts, shared, now, use, ref isStale, out hash, out variant);
        return hit.IsHit && !hit.Head.IsPublic ? Leave(hit) : hit;
    }

    /// <summary>Finds a usable entry under a key, or under that of the variant that the request asks for.</summary>
    /// <param name="isStale">Set when there was one that is stale, and not usable for that reason.</param>
    /// <param name="hash">The hash of the key that the entry is stored under.</param>
    /// <param name="variant">That key, when it is a variant's.</param>
    private CacheHit Find(HttpContext context, in RequestFacts facts, scoped KeyView key, long now, EntryUse use, scoped ref bool isStale, out KeyHash hash, out CacheKey? variant)
    {
        hash = key.Hash;
        variant = null;
        var hit = GetUsable(facts, key, now, use, ref isStale);
        if (!hit.IsHit || hit.Head.Kind == EntryKind.Response)
        {
            return facts.Influences is null ? hit : Leave(hit);
        }

        var names = _hits.ReadNames(hit.Head);
        hit.Dispose();
        if (!facts.AreInfluencesWithin(names))
        {
            return default;
        }

        variant = RequestKey.Variant(key, FillJob.SelectFields(names, context.Request.Headers));
        hash = variant.Hash;
        hit = GetUsable(facts, variant, now, use, ref isStale);
        return hit.IsHit && hit.Head.Kind != EntryKind.Response ? Leave(hit) : hit;
    }

    private CacheHit GetUsable(in RequestFacts facts, scoped KeyView key, long now, EntryUse use, scoped ref bool isStale)
    {
        var hit = store.Get(key, now);
        if (!hit.IsHit || now < hit.Head.FreshUntil)
        {
            return !hit.IsHit || !facts.Directives.Demands || hit.Head.Kind != EntryKind.Response || facts.Directives.Allow(hit.Head, now, telemetry.Time) ? hit : Leave(hit);
        }

        // The store gives out nothing past its stale window.
        if (use == EntryUse.OnError || (use == EntryUse.WhileRevalidating && telemetry.Time.GetElapsedTime(hit.Head.FreshUntil, now) < hit.Head.StaleWhileRevalidate))
        {
            return hit;
        }

        isStale = true;
        return Leave(hit);
    }

    /// <summary>Whether an entry is a NOT_FOUND: it has no message.</summary>
    private static bool IsNegative(CacheHit hit) => !hit.IsLarge && hit.FirstFrames.IsEmpty;

    private static CacheHit Leave(CacheHit hit)
    {
        hit.Dispose();
        return default;
    }
}
