using System.Buffers;
using System.Globalization;
using System.Net.Http.Headers;
using EdgeMesh.Caching;
using EdgeMesh.Caching.Purges;
using EdgeMesh.Relay.Calls;
using EdgeMesh.Relay.Metadata;
using EdgeMesh.Relay.Methods;
using EdgeMesh.Relay.Policies;
using EdgeMesh.Relay.Policies.Shadows;
using EdgeMesh.Relay.Telemetry;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.Wire;
using Microsoft.Extensions.Primitives;

namespace EdgeMesh.Relay.Cache;

/// <summary>What a fill asks for, and where its answer goes.</summary>
/// <remarks>Holds strings and bytes of the leader's request, nothing of its context. Owned by one <see cref="Fill"/>.</remarks>
internal sealed class FillJob
{
    private readonly RelayOptions _options;
    private readonly ICacheStore _store;
    private readonly FillTable _table;
    private readonly RequestFacts _facts;
    private readonly HttpRequestMessage _request;
    private readonly Upstream _upstream;
    private readonly KeyValuePair<string, StringValues>[] _fields;
    private readonly byte[] _body;
    private readonly ShadowCall? _shadow;
    private long _askedAt;
    private string? _askedETag;

    public FillJob(RelayOptions options, ICacheStore store, FillTable table, CallTelemetry telemetry, CallKeys keys, RequestFacts facts, MethodState method, Upstream upstream, HttpRequestMessage request, KeyValuePair<string, StringValues>[] fields, byte[] body, ShadowCall? shadow)
    {
        _body = body;
        _shadow = shadow;
        _options = options;
        _store = store;
        _table = table;
        _facts = facts;
        _request = request;
        _upstream = upstream;
        _fields = fields;
        Telemetry = telemetry;
        Keys = keys;
        Method = method;
        AsOf = store.Sequence;
    }

    public CallTelemetry Telemetry { get; }

    public TimeProvider Time => Telemetry.Time;

    public CallKeys Keys { get; }

    public MethodState Method { get; }

    /// <summary>What the answer is as-of: what upstream says, or of one that is no node what was applied before it was asked; null: that is not known here.</summary>
    public long? AsOf { get; private set; }

    /// <summary>What a stale answer for it was found under; null: there was none. Upstream's answer takes its place, stored or not.</summary>
    public CacheKey? StaleKey { get; private set; }

    /// <summary>Whether upstream said that the stale answer still holds.</summary>
    public bool IsConfirmed { get; private set; }

    /// <summary>What the answer was stored under; null until it was.</summary>
    public CacheKey? StoredKey { get; private set; }

    public long MaxStoredBytes => AnswerEnd.MaxBytes(_options, _facts.Rule);

    public TimeSpan DetachedTimeout => _options.DetachedFillTimeout;

    /// <summary>What fills may hold.</summary>
    public FillBudget Budget => _table.Budget;

    /// <summary>There is a stale answer: upstream is asked whether it still holds, if that can be asked.</summary>
    public void Revalidate(CacheKey staleKey)
    {
        StaleKey = staleKey;
        using var stale = _store.Get(staleKey, Time.GetTimestamp());
        if (stale.IsHit && Revalidation.ReadETag(stale.Head) is { } etag && Revalidation.TryAsk(_request, etag))
        {
            _askedETag = etag;
        }
    }

    /// <summary>Whether an answer says that the stale one still holds.</summary>
    public bool IsNotModified(HttpResponseMessage response) => _askedETag is not null && Revalidation.IsNotModified(response);

    /// <summary>Notes that upstream is asked: to be called right before <see cref="SendAsync"/>.</summary>
    public UpstreamCall BeginCall() => UpstreamCall.Begin(Telemetry, _upstream, Method, _facts.Path, _request);

    /// <summary>Asks upstream.</summary>
    public async Task<HttpResponseMessage> SendAsync(CancellationToken cancellationToken)
    {
        // RFC 9111 section 4.2.3: an answer's age counts from the request.
        _askedAt = Time.GetTimestamp();
        var response = await _upstream.SendAsync(_request, _options.Applied, cancellationToken).ConfigureAwait(false);
        if (_options.Applied is { } applied)
        {
            // Upstream may answer from a store of its own, with what it asked for long before this node asked.
            AsOf = applied.ToNumber(Text(response.Headers.NonValidated, ResponseMetadata.AsOf));
        }

        return response;
    }

    /// <summary>What the answer says, and whether this request lets it be stored.</summary>
    public AnswerRules ReadRules(HttpResponseMessage response)
    {
        if (_shadow is not null && ResponseRelay.FindForeignStatus(response) is null && AnswerRules.Read(response, _shadow.Rule) is { MayStore: true } tried)
        {
            _shadow.Table.Add(_shadow.Hash, tried.Lifetime);
        }

        return AnswerRules.Read(response, _facts, _fields, hasAsOf: AsOf is not null);
    }

    /// <summary>Whether an answer that is not stored is read to its end all the same: there is a stale one to fall back on, and headers alone do not say that it failed.</summary>
    /// <remarks>Many servers send the metadata of an interceptor before the handler's error, in trailers.</remarks>
    public bool MustSeeEnd(HttpResponseMessage response, AnswerRules rules) =>
        StaleKey is not null && !ReferenceEquals(rules, AnswerRules.NotGrpc) && !response.Headers.NonValidated.Contains(HeaderNames.GrpcStatus);

    /// <summary>What an answer that is not stored means to those who wait.</summary>
    /// <param name="isWhole">Whether it was read to its end, and a missing status is UNKNOWN; else its trailers are still to come, for its leader to read.</param>
    public FillOutcome Refuse(HttpResponseMessage response, AnswerRules rules, bool isWhole)
    {
        if (ReferenceEquals(rules, AnswerRules.NotGrpc) && ResponseRelay.CheckIsGrpc(response, _options.NodeDescription, _upstream) is { } foreign)
        {
            var verdict = Judge(((int)foreign.Code).ToString(CultureInfo.InvariantCulture));
            if (foreign.Code == GrpcStatusCode.Unavailable)
            {
                return new FillOutcome(FillOutcomeKind.Failed, Fault: foreign, Verdict: verdict);
            }

            _table.MarkUncacheable(Keys.Flight);
            return new FillOutcome(FillOutcomeKind.NotShared, Verdict: verdict);
        }

        var status = Field(HeaderNames.GrpcStatus) ?? (isWhole ? "2" : null);
        switch (status)
        {
            case "14":
                // What lies behind upstream is away: asking again for each waiter would only add to its trouble.
                return new FillOutcome(FillOutcomeKind.Failed, Fault: new RelayFault(GrpcStatusCode.Unavailable, PercentEncoding.Decode(Field(HeaderNames.GrpcMessage) ?? string.Empty)), Verdict: StaleVerdict.Usable);
            case "1" or "4":
                // The leader's time was up, not theirs.
                return new FillOutcome(FillOutcomeKind.Again, Verdict: Judge(status));
            default:
                // An error says nothing of the answer that comes in its place one day.
                if (status is null or "0")
                {
                    _table.MarkUncacheable(Keys.Flight);
                }

                return new FillOutcome(FillOutcomeKind.NotShared, Verdict: Judge(status));
        }

        string? Field(string name) => Text(response.Headers.NonValidated, name) ?? (isWhole ? Text(response.TrailingHeaders.NonValidated, name) : null);
    }

    /// <summary>Stores a whole answer, if its end allows it.</summary>
    public CacheEntry? Store(HttpResponseMessage response, AnswerRules rules, byte[] frame)
    {
        // 1. If its end allows it.
        if (AnswerEnd.Read(response, rules, frame, _facts, _body, _options.MaxStoredMessageBytes) is not { Refusal: null, Tags: var tags })
        {
            return null;
        }

        // 2. The entry, under the identity of its caller unless it is public.
        var trailers = response.TrailingHeaders.NonValidated;
        var freshUntil = _askedAt + Ticks(rules.Lifetime);
        var staleUntil = freshUntil + Ticks(rules.StaleWhileRevalidate > rules.StaleIfError ? rules.StaleWhileRevalidate : rules.StaleIfError);
        var entry = CacheEntry.Response(
            [.. Stored(response.Headers.NonValidated), .. Stored(response.Content.Headers.NonValidated)],
            frame,
            [.. Stored(trailers)],
            rules.Coding,
            rules.IsPublic,
            rules.Age,
            _askedAt,
            freshUntil,
            staleUntil,
            AsOf!.Value,
            tags,
            rules.StaleWhileRevalidate,
            Keys.Marks);
        if (rules.VaryNames.Length > 0)
        {
            _store.Set(Keys.Primary(rules), CacheEntry.VaryMarker(rules.VaryNames, staleUntil, AsOf.Value));
        }

        var key = Keys.StoredUnder(rules, _fields);

        // An entry that the store refuses still serves those who wait for it.
        _store.Set(key, entry);
        StoredKey = key;
        _options.Trace?.Record(key.Hash, frame.Length);
        _table.MarkCacheable(Keys.Flight);
        return entry;
    }

    /// <summary>Stores the stale answer anew, which upstream said still holds.</summary>
    /// <remarks>
    /// Race: (1) this fill asks with the etag of the stale answer; (2) another caller's fill stores another answer under its key, or a purge takes it out;
    /// (3) upstream says "not modified": of what it was asked about, which is no longer there. Who waits asks for the whole answer.
    /// </remarks>
    /// <param name="response">Where it said so.</param>
    public FillOutcome Confirm(HttpResponseMessage response)
    {
        HttpResponseMessage updated;
        byte[]? frame;
        using (var stale = _store.Get(StaleKey!, Time.GetTimestamp()))
        {
            frame = stale.IsHit && Revalidation.ReadETag(stale.Head) == _askedETag ? stale.CopyFrames() : null;
            if (frame is null)
            {
                return new FillOutcome(FillOutcomeKind.Again);
            }

            updated = Revalidation.Update(response, stale.Head);
        }

        using (updated)
        {
            var rules = AnswerRules.Read(updated, _facts.Rule).For(_facts, _fields, hasAsOf: AsOf is not null);
            if (rules.MayStore && Store(updated, rules, frame) is { } stored)
            {
                IsConfirmed = true;
                return FillOutcome.Of(stored, rules, response);
            }

            CountUncacheable(rules.Refusal ?? "end");
            return new FillOutcome(FillOutcomeKind.NotShared, Verdict: StaleVerdict.Replaced);
        }
    }

    /// <summary>Whether another request has the same values for all fields that an answer varies by.</summary>
    public bool HasSameFields(string[] varyNames, KeyValuePair<string, StringValues>[] others)
    {
        if (varyNames.Length == 0)
        {
            return true;
        }

        return FieldDigest.Compute(SelectFields(varyNames, _fields)).AsSpan().SequenceEqual(FieldDigest.Compute(SelectFields(varyNames, others)));
    }

    /// <summary>Picks the fields that <c>vary</c> names, in its order; a missing one has no values.</summary>
    public static KeyValuePair<string, StringValues>[] SelectFields(string[] varyNames, IEnumerable<KeyValuePair<string, StringValues>> fields)
    {
        var selected = new KeyValuePair<string, StringValues>[varyNames.Length];
        for (var i = 0; i < varyNames.Length; i++)
        {
            var values = StringValues.Empty;
            foreach (var field in fields)
            {
                if (field.Key.Equals(varyNames[i], StringComparison.OrdinalIgnoreCase))
                {
                    values = field.Value;
                    break;
                }
            }

            selected[i] = new(varyNames[i], values);
        }

        return selected;
    }

    /// <summary>Notes that an answer is not stored.</summary>
    /// <param name="reason">A token: one of <see cref="AnswerRules.Refusal"/>'s, or how the body or its end forbade it.</param>
    public void CountUncacheable(string reason) => Telemetry.Counters.UncacheableReasons.Count(reason);

    /// <summary>Ends the fill: notes whether upstream answers, drops a stale answer that was replaced, and takes the fill out of the table.</summary>
    public void End(Fill fill, StaleVerdict verdict)
    {
        if (verdict == StaleVerdict.Usable)
        {
            _table.MarkFailing(Keys.Flight);
            Method.Breaker.Fail();
        }
        else if (verdict == StaleVerdict.Replaced)
        {
            _table.MarkAnswering(Keys.Flight);
            Method.Breaker.Close();
            if (StaleKey is not null && !StaleKey.Equals(StoredKey))
            {
                _store.Remove(StaleKey);
            }
        }

        _table.Remove(Keys.Flight, fill);
    }

    /// <summary>Turns what upstream's handler threw into a status.</summary>
    public RelayFault ToFault(Exception exception) => RelayFault.FromUpstream(exception, _options.NodeDescription, _upstream);

    /// <param name="status">As on the wire; null: the answer goes on.</param>
    private static StaleVerdict Judge(string? status) => status switch
    {
        // UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE: what HTTP says by 500, 502, 503 and 504.
        "2" or "4" or "13" or "14" => StaleVerdict.Usable,

        // CANCELLED, RESOURCE_EXHAUSTED, ABORTED, DATA_LOSS: not that, and nothing of the answer either.
        "1" or "8" or "10" or "15" => StaleVerdict.None,
        _ => StaleVerdict.Replaced,
    };

    private static string? Text(HttpHeadersNonValidated fields, string name) => fields.TryGetValues(name, out var values) ? values.ToString() : null;

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Time.TimestampFrequency);

    private static IEnumerable<MetadataField> Stored(HttpHeadersNonValidated fields)
    {
        foreach (var (name, values) in fields)
        {
            if (!ResponseMetadata.IsStored(name))
            {
                continue;
            }

            foreach (var value in values)
            {
                yield return new MetadataField(name.ToLowerInvariant(), value);
            }
        }
    }
}

/// <summary>The keys of one call.</summary>
/// <param name="Own">Where its answer is stored unless public: with the caller's identity, if it has one.</param>
/// <param name="Shared">Where a public answer is stored: without identity. The same as <paramref name="Own"/> for a call without credentials.</param>
/// <param name="Flight">Which fill it shares.</param>
/// <param name="Marks">What purges may name its answer by, beside tags.</param>
internal readonly record struct CallKeys(CacheKey Own, CacheKey Shared, CacheKey Flight, EntryMarks Marks)
{
    /// <summary>Makes the keys of a call.</summary>
    /// <param name="own">With the caller's identity.</param>
    /// <param name="message">The request's message, decompressed.</param>
    public static CallKeys Of(in RequestFacts facts, CacheKey own, ReadOnlySequence<byte> message)
    {
        var shared = facts.Identity is null ? own : RequestKey.Primary(facts, null, message);
        return new CallKeys(own, shared, RequestKey.Flight(own, facts), EntryMarks.Of(facts.Path, RequestKey.KeyedPart(facts.Rule, message.IsSingleSegment ? message.First : message.ToArray()).Span));
    }

    /// <summary>Where an answer is stored, or the names that it varies by.</summary>
    public CacheKey Primary(AnswerRules rules) => rules.IsPublic ? Shared : Own;

    /// <summary>Where an answer is stored.</summary>
    /// <param name="fields">All of the request's metadata.</param>
    public CacheKey StoredUnder(AnswerRules rules, IEnumerable<KeyValuePair<string, StringValues>> fields) =>
        rules.VaryNames.Length == 0 ? Primary(rules) : RequestKey.Variant(Primary(rules), FillJob.SelectFields(rules.VaryNames, fields));
}
