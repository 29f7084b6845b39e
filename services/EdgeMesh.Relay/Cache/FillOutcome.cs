using EdgeMesh.Caching;
using EdgeMesh.Relay.Calls;
using EdgeMesh.Relay.Metadata;
using Microsoft.Extensions.Primitives;

namespace EdgeMesh.Relay.Cache;

/// <summary>How a fill ended, for those who waited for it.</summary>
internal enum FillOutcomeKind
{
    /// <summary>The answer is theirs, if nothing that it varies by differs.</summary>
    Stored,

    /// <summary>The answer is for the first caller only: each asks for itself.</summary>
    NotShared,

    /// <summary>The fill ended with its first caller's time, or was not needed: begin again, together.</summary>
    Again,

    /// <summary>Upstream is away: the same for all.</summary>
    Failed,
}

/// <summary>How a fill ended.</summary>
/// <param name="Kind">Which way.</param>
/// <param name="Response">The answer, when stored.</param>
/// <param name="VaryNames">What it varies by, when stored.</param>
/// <param name="Fault">Why, when failed.</param>
/// <param name="Verdict">What it means to a stale answer that there may be.</param>
/// <param name="Upstream">What caches nearer to the origin said of it, when stored: to be kept for all who waited (RFC 9211 section 2).</param>
internal readonly record struct FillOutcome(FillOutcomeKind Kind, CacheEntry? Response = null, string[]? VaryNames = null, RelayFault Fault = default, StaleVerdict Verdict = StaleVerdict.None, StringValues Upstream = default)
{
    /// <summary>It was stored.</summary>
    public static FillOutcome Of(CacheEntry stored, AnswerRules rules, HttpResponseMessage response) => new(
        FillOutcomeKind.Stored,
        stored,
        rules.VaryNames,
        Verdict: StaleVerdict.Replaced,
        Upstream: response.Headers.NonValidated.TryGetValues(ResponseMetadata.CacheStatus, out var said) ? new StringValues([.. said]) : StringValues.Empty);
}

/// <summary>What a fill's end means to a stale answer of its key.</summary>
internal enum StaleVerdict
{
    /// <summary>Nothing: upstream was not asked, or said no more than that it would not answer now.</summary>
    None,

    /// <summary>Upstream's answer takes its place, whether that may be stored or not (RFC 9111 section 4.3.3).</summary>
    Replaced,

    /// <summary>It may be used instead, if its origin said so (RFC 5861 section 4): upstream was away, took too long, or failed.</summary>
    Usable,
}
