using System.Net.Http.Headers;
using EdgeMesh.Caching;
using EdgeMesh.Relay.Calls;
using EdgeMesh.Relay.Metadata;
using EdgeMesh.Relay.Methods;
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
    private long _askedAt;
    private long _asOf;

    public FillJob(RelayOptions options, ICacheStore store, FillTable table, CallTelemetry telemetry, CallKeys keys, RequestFacts facts, MethodState method, Upstream upstream, HttpRequestMessage request, KeyValuePair<string, StringValues>[] fields)
    {
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
    }

    public CallTelemetry Telemetry { get; }

    public TimeProvider Time => Telemetry.Time;

    public CallKeys Keys { get; }

    public MethodState Method { get; }

    /// <summary>What the answer was stored under; null until it was.</summary>
    public CacheKey? StoredKey { get; private set; }

    public int MaxStoredBytes => _options.MaxStoredMessageBytes;

    public TimeSpan DetachedTimeout => _options.DetachedFillTimeout;

    /// <summary>What fills may hold.</summary>
    public FillBudget Budget => _table.Budget;

    /// <summary>Notes that upstream is asked: to be called right before <see cref="SendAsync"/>.</summary>
    public UpstreamCall BeginCall() => UpstreamCall.Begin(Telemetry, _upstream, Method, _facts.Path, _request);

    /// <summary>Asks upstream.</summary>
    public Task<HttpResponseMessage> SendAsync(CancellationToken cancellationToken)
    {
        // RFC 9111 section 4.2.3: an answer's age counts from the request.
        _askedAt = Time.GetTimestamp();
        _asOf = _store.Sequence;
        return _upstream.Invoker.SendAsync(_request, cancellationToken);
    }

    /// <summary>What the answer says, and whether this request lets it be stored.</summary>
    public AnswerRules ReadRules(HttpResponseMessage response)
    {
        if (ResponseRelay.CheckIsGrpc(response, _options.NodeDescription, _upstream) is not null)
        {
            return AnswerRules.NotGrpc;
        }

        var rules = AnswerRules.Read(response);
        return rules.MayStore && !_facts.AreInfluencesWithin(rules.VaryNames) ? AnswerRules.Unkeyed : rules;
    }

    /// <summary>What an answer that is not stored means to those who wait.</summary>
    public FillOutcome Refuse(HttpResponseMessage response)
    {
        var headers = response.Headers.NonValidated;
        var status = headers.TryGetValues(HeaderNames.GrpcStatus, out var values) ? values.ToString() : string.Empty;
        switch (status)
        {
            case "14":
                // What lies behind upstream is away: asking again for each waiter would only add to its trouble.
                var message = headers.TryGetValues(HeaderNames.GrpcMessage, out var text) ? text.ToString() : string.Empty;
                return new FillOutcome(FillOutcomeKind.Failed, Fault: new RelayFault(GrpcStatusCode.Unavailable, PercentEncoding.Decode(message)));
            case "1" or "4":
                // The leader's time was up, not theirs.
                return new FillOutcome(FillOutcomeKind.Again);
            default:
                // An error says nothing of the answer that comes in its place one day.
                if (status.Length == 0)
                {
                    _table.MarkUncacheable(Keys.Flight);
                }

                return new FillOutcome(FillOutcomeKind.NotShared);
        }
    }

    /// <summary>Stores a whole answer, if its end allows it.</summary>
    public CacheEntry? Store(HttpResponseMessage response, AnswerRules rules, byte[] frame)
    {
        // 1. One whole message, grpc-status 0, and trailers that take nothing back.
        var rest = new System.Buffers.ReadOnlySequence<byte>(frame);
        var trailers = response.TrailingHeaders.NonValidated;
        if (MessageFrame.TryRead(ref rest, frame.Length, out var header, out _) != MessageFrameStatus.Complete
            || !rest.IsEmpty
            || (header.IsCompressed && rules.Coding == MessageCoding.Identity)
            || !trailers.TryGetValues(HeaderNames.GrpcStatus, out var status)
            || status.ToString() != "0"
            || AnswerRules.TrailersForbid(response)
            || rules.ReadTags(response) is not { } tags)
        {
            return null;
        }

        // 2. The entry, under the identity of its caller unless it is public.
        var freshUntil = _askedAt + (long)(rules.Lifetime.TotalSeconds * Time.TimestampFrequency);
        var entry = CacheEntry.Response(
            [.. Stored(response.Headers.NonValidated), .. Stored(response.Content.Headers.NonValidated)],
            frame,
            [.. Stored(trailers)],
            rules.Coding,
            rules.IsPublic,
            rules.Age,
            _askedAt,
            freshUntil,
            asOf: _asOf,
            tags: tags);
        var key = rules.IsPublic ? Keys.Shared : Keys.Own;
        if (rules.VaryNames.Length > 0)
        {
            _store.Set(key, CacheEntry.VaryMarker(rules.VaryNames, freshUntil, _asOf));
            key = RequestKey.Variant(key, SelectFields(rules.VaryNames, _fields));
        }

        // An entry that the store refuses still serves those who wait for it.
        _store.Set(key, entry);
        StoredKey = key;
        _options.Trace?.Record(key.Hash, frame.Length);
        _table.MarkCacheable(Keys.Flight);
        return entry;
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

    /// <summary>Takes the fill out of the table.</summary>
    public void End(Fill fill) => _table.Remove(Keys.Flight, fill);

    /// <summary>Turns what upstream's handler threw into a status.</summary>
    public RelayFault ToFault(Exception exception) => RelayFault.FromUpstream(exception, _options.NodeDescription, _upstream);

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
internal readonly record struct CallKeys(CacheKey Own, CacheKey Shared, CacheKey Flight);
