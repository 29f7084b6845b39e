using System.Globalization;
using System.Net.Http.Headers;
using EdgeMesh.Caching;
using EdgeMesh.Relay.Calls;
using EdgeMesh.Relay.Metadata;
using EdgeMesh.Relay.Policies;
using EdgeMesh.Wire;
using Microsoft.Extensions.Primitives;

namespace EdgeMesh.Relay.Cache;

/// <summary>What an answer's headers say about storing it.</summary>
/// <remarks>
/// RFC 9111 sections 3 and 4.2, RFC 9213, RFC 5861, narrowed: no heuristic lifetime, nothing without an explicit one, and what restricts
/// counts in whichever field it stands. Immutable.
/// </remarks>
internal sealed class AnswerRules
{
    // NOT_FOUND on the wire.
    private const int NotFound = 5;

    /// <summary>An answer that is not gRPC.</summary>
    public static readonly AnswerRules NotGrpc = new("not-grpc");

    /// <summary>An answer to a request with fields that are neither in the key nor in <c>vary</c>.</summary>
    public static readonly AnswerRules Unkeyed = new("unkeyed-metadata");

    /// <summary>An answer that varies by metadata which policy keeps from the origin.</summary>
    public static readonly AnswerRules VaryUnkeyed = new("vary-unkeyed");

    /// <summary>An answer that its caller forbade to store.</summary>
    public static readonly AnswerRules RequestForbids = new("request-no-store");

    /// <summary>An answer of which upstream does not say, in this node's epoch of the log, what it is as-of: a purge might miss it.</summary>
    public static readonly AnswerRules NoAsOf = new("as-of");

    private static readonly AnswerRules TrailersOnly = new("trailers-only");

    private AnswerRules(string? refusal)
    {
        Refusal = refusal;
    }

    /// <summary>Why it is not stored: a token for <c>cache-status</c>; null: it may be.</summary>
    public string? Refusal { get; private init; }

    /// <summary>Whether the answer may be stored.</summary>
    public bool MayStore => Refusal is null;

    /// <summary>Whether it tells if the method declares caching: an error does not, nor one set aside for its request's metadata.</summary>
    public bool IsTelling => !ReferenceEquals(this, NotGrpc) && !ReferenceEquals(this, Unkeyed) && !ReferenceEquals(this, NoAsOf) && !ReferenceEquals(this, RequestForbids) && !ReferenceEquals(this, TrailersOnly);

    /// <summary>How long it is fresh from now, its age already taken off.</summary>
    public TimeSpan Lifetime { get; private init; }

    /// <summary>How old it was when it came.</summary>
    public TimeSpan Age { get; private init; }

    /// <summary>For how long after that it may be used while it is asked for anew (RFC 5861 section 3); zero: not at all.</summary>
    public TimeSpan StaleWhileRevalidate { get; private init; }

    /// <summary>For how long after that it may be used when asking anew failed (RFC 5861 section 4); zero: not at all.</summary>
    public TimeSpan StaleIfError { get; private init; }

    /// <summary>Whether callers with credentials may share it.</summary>
    public bool IsPublic { get; private init; }

    /// <summary>Request fields that chose it: lower-case, in ordinal order, without repeats.</summary>
    public string[] VaryNames { get; private init; } = [];

    /// <summary>What purges may name it by, from its headers.</summary>
    public string[] Tags { get; private init; } = [];

    /// <summary>How its message is coded.</summary>
    public MessageCoding Coding { get; private init; }

    /// <summary>Whether it is Trailers-Only with NOT_FOUND: a whole answer without a message.</summary>
    public bool IsNegative { get; private init; }

    /// <summary>Whether the answer itself says how long it is fresh; else policy does.</summary>
    public bool DeclaresLifetime { get; private init; }

    /// <summary>What an answer and its request together say.</summary>
    /// <param name="fields">All of the request's metadata.</param>
    /// <param name="hasAsOf">Whether it is known what the answer is as-of.</param>
    public static AnswerRules Read(HttpResponseMessage response, in RequestFacts facts, IEnumerable<KeyValuePair<string, StringValues>> fields, bool hasAsOf) =>
        ResponseRelay.FindForeignStatus(response) is null ? Read(response, facts.Rule).For(facts, fields, hasAsOf) : NotGrpc;

    /// <summary>Reads an answer's headers.</summary>
    /// <param name="rule">What policy says of the method: each property counts where the answer has nothing of its own. Null: nothing.</param>
    public static AnswerRules Read(HttpResponseMessage response, MethodRule? rule = null)
    {
        var headers = response.Headers.NonValidated;
        if (!headers.TryGetValues(HeaderNames.GrpcStatus, out var text))
        {
            return Read(headers, rule, rule?.Ttl, isNegative: false);
        }

        // Who wrote Trailers-Only knew the status, and so which answer the lifetime is for; so did who wrote the policy.
        if (!int.TryParse(text.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var status) || text.ToString() != status.ToString(CultureInfo.InvariantCulture) || (status != NotFound && rule?.NegativeTtl(status) is null))
        {
            return TrailersOnly;
        }

        return Read(headers, rule, rule?.NegativeTtl(status), isNegative: true) is { MayStore: true } declared ? declared : TrailersOnly;
    }

    /// <summary>Whether trailers take back what the headers allowed: only restrictions count there. <c>vary</c> is one, of an answer that was keyed without it.</summary>
    public static bool TrailersForbid(HttpResponseMessage response)
    {
        var trailers = response.TrailingHeaders.NonValidated;
        return CacheControl.Parse(Values(trailers, "cache-control")).Forbids || CacheControl.Parse(Values(trailers, "cdn-cache-control")).Forbids || trailers.Contains("set-cookie") || trailers.Contains("vary");
    }

    /// <summary>What purges may name an answer by, its trailers included.</summary>
    /// <returns>Null when there are more, or longer ones, than are kept: an answer that a purge might miss is not stored.</returns>
    public string[]? ReadTags(HttpResponseMessage response) => response.TrailingHeaders.NonValidated.Contains(SurrogateKeys.Name)
        ? SurrogateKeys.Read(StringValues.Concat(Values(response.Headers.NonValidated, SurrogateKeys.Name), Values(response.TrailingHeaders.NonValidated, SurrogateKeys.Name)))
        : Tags;

    /// <summary>The same for the request that it answers, whose metadata may keep it from being stored.</summary>
    /// <param name="fields">All of the request's metadata.</param>
    /// <param name="hasAsOf">Whether it is known what the answer is as-of.</param>
    public AnswerRules For(in RequestFacts facts, IEnumerable<KeyValuePair<string, StringValues>> fields, bool hasAsOf)
    {
        if (!MayStore)
        {
            return this;
        }

        if (!hasAsOf)
        {
            return NoAsOf;
        }

        if (facts.Directives.NoStore)
        {
            return RequestForbids;
        }

        if (facts.Rule is { } rule)
        {
            var names = VaryNames;
            return fields.Any(field => Array.Exists(names, name => name.Equals(field.Key, StringComparison.OrdinalIgnoreCase)) && !UpstreamRequest.IsSentUnder(rule, field.Key)) ? VaryUnkeyed : this;
        }

        return facts.AreInfluencesWithin(VaryNames) ? this : Unkeyed;
    }

    private static AnswerRules Read(HttpHeadersNonValidated headers, MethodRule? rule, TimeSpan? ttl, bool isNegative)
    {
        // 1. What forbids, wherever it stands.
        var general = CacheControl.Parse(Values(headers, "cache-control"));
        var targeted = CacheControl.Parse(Values(headers, "cdn-cache-control"));
        if (general.Forbids || targeted.Forbids)
        {
            return new AnswerRules("forbidden");
        }

        if (headers.Contains("set-cookie"))
        {
            return new AnswerRules("set-cookie");
        }

        // 2. What permits comes from one field, the targeted one if it says anything (RFC 9213 section 2.2); the shared lifetime comes before max-age.
        var permits = targeted.HasDirectives ? targeted : general;
        var declared = (permits.SharedMaxAge ?? permits.MaxAge) is { } seconds ? TimeSpan.FromSeconds(seconds) : default(TimeSpan?);
        if ((declared ?? ttl) is not { } fresh || (declared is null && fresh == TimeSpan.Zero))
        {
            return new AnswerRules("not-declared");
        }

        var age = ReadAge(Values(headers, "age"));
        var lifetime = fresh - age;
        if (lifetime <= TimeSpan.Zero)
        {
            return new AnswerRules("stale-on-arrival");
        }

        // 3. What it depends on, and how it is coded.
        if (ReadVary(Values(headers, "vary")) is not { } vary)
        {
            return new AnswerRules("vary-any");
        }

        if (rule is { KeyMetadata.Length: > 0 })
        {
            vary = [.. vary.Except(rule.KeyMetadata)];
        }

        if (ReadCoding(Values(headers, HeaderNames.GrpcEncoding)) is not { } coding)
        {
            return new AnswerRules("unknown-coding");
        }

        // RFC 9111 section 5.2.2.6: a caller that does not take the coding would need the message transformed.
        if (coding == MessageCoding.Gzip && !isNegative && (general.ForbidsTransform || targeted.ForbidsTransform))
        {
            return new AnswerRules("no-transform");
        }

        if (SurrogateKeys.Read(Values(headers, SurrogateKeys.Name)) is not { } tags)
        {
            return new AnswerRules(SurrogateKeys.Refusal);
        }

        // RFC 9111 section 5.2.2.10: s-maxage means proxy-revalidate, too.
        var isNeverStale = general.ForbidsStale || targeted.ForbidsStale || permits.SharedMaxAge is not null;
        return new AnswerRules(refusal: null)
        {
            Lifetime = lifetime,
            StaleWhileRevalidate = Window(permits.StaleWhileRevalidate, rule?.StaleWhileRevalidate),
            StaleIfError = Window(permits.StaleIfError, rule?.StaleIfError),
            DeclaresLifetime = declared is not null,
            Age = age,
            IsPublic = permits.IsPublic,
            Tags = tags,
            VaryNames = vary,
            Coding = isNegative ? MessageCoding.Identity : coding,
            IsNegative = isNegative,
        };

        TimeSpan Window(long? said, TimeSpan? otherwise) => isNeverStale ? TimeSpan.Zero : said is { } window ? TimeSpan.FromSeconds(window) : otherwise ?? TimeSpan.Zero;
    }

    private static StringValues Values(HttpHeadersNonValidated headers, string name) =>
        headers.TryGetValues(name, out var values) ? new StringValues([.. values]) : StringValues.Empty;

    /// <summary>The largest that is a number: a repeated age is against the rules (RFC 9111 section 5.1), and must not pass for none.</summary>
    private static TimeSpan ReadAge(StringValues values)
    {
        var age = 0L;
        foreach (var value in values)
        {
            foreach (var one in (value ?? string.Empty).Split(',', StringSplitOptions.TrimEntries))
            {
                age = Math.Max(age, long.TryParse(one, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? Math.Min(seconds, 1L << 31) : 0);
            }
        }

        return TimeSpan.FromSeconds(age);
    }

    private static string[]? ReadVary(StringValues values)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var value in values)
        {
            foreach (var name in (value ?? string.Empty).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                if (name == "*")
                {
                    return null;
                }

                names.Add(name.ToLowerInvariant());
            }
        }

        return [.. names];
    }

    private static MessageCoding? ReadCoding(StringValues values) => values.ToString() switch
    {
        "" or "identity" => MessageCoding.Identity,
        "gzip" => MessageCoding.Gzip,
        _ => null,
    };
}
