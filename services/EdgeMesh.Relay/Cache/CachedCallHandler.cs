using System.Buffers;
using System.Threading.Channels;
using EdgeMesh.Caching;
using EdgeMesh.Relay.Calls;
using EdgeMesh.Relay.Metadata;
using EdgeMesh.Relay.Methods;
using EdgeMesh.Relay.Telemetry;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace EdgeMesh.Relay.Cache;

/// <summary>Answers unary calls: from the store, from another call's fill, or by a fill of their own.</summary>
/// <remarks>
/// Thread-safe. Default deny: what no origin declared is fetched for its caller alone. The steps:
/// <code>
/// key -> fresh entry? ------------------------------------------> hit
///     -> fill in flight? join -> outcome Stored ----------------> answer, "collapsed"
///     |                       -> Again: from the start; NotShared: a fill of one's own
///     '-> begin a fill, look into the store once more (race 1) -> lead it
/// </code>
/// Race (1): A looks and misses; B's fill for the key stores and leaves the table; A begins a fill: a second origin call.
/// Since a fill stores before it leaves the table, A, who has its own in the table, finds the entry when it looks again.
/// </remarks>
internal sealed class CachedCallHandler(RelayOptions options, ICacheStore store, CallForwarder forwarder, SlowReaders readers, CallTelemetry telemetry)
{
    // Bytes: most keys are a path, a host and a small message.
    private const int MaxKeyOnStack = 256;

    // Turns of "begin again" before a caller goes alone: each means that a leader's deadline ended a fill.
    private const int MaxTurns = 4;

    private readonly FillTable _fills = new(options.MaxFillBytes, telemetry.Time);
    private readonly HitResponse _hits = new(options, readers, telemetry.Time);

    /// <summary>Fills in flight.</summary>
    public FillTable Fills => _fills;

    /// <summary>Answers a call from the store, if there is a small enough answer; the caller sees it when the call's handler returns.</summary>
    /// <param name="frame">The request: one frame, still in the request's pipe; released when the answer is true.</param>
    /// <param name="now">The clock's timestamp.</param>
    /// <param name="record">Notes the call.</param>
    /// <param name="lookup">What was found, for <see cref="HandleAsync"/>.</param>
    public bool TryHit(HttpContext context, ReadOnlySequence<byte> frame, long now, CallRecord record, out Lookup lookup)
    {
        record.Received(frame.Length);
        var facts = RequestFacts.Read(context, record.Path);
        if (!RequestKey.TryReadMessage(frame, facts.Encoding, options.MaxKeyedMessageBytes, out var message))
        {
            lookup = new Lookup(facts, default, null, HasEntry: false);
            return false;
        }

        var length = RequestKey.PrimaryLength(facts, facts.Identity, message);
        Span<byte> bytes = length <= MaxKeyOnStack ? stackalloc byte[MaxKeyOnStack] : new byte[length];
        bytes = bytes[..length];
        RequestKey.WritePrimary(facts, facts.Identity, message, bytes);
        var own = new KeyView(bytes);
        var found = Find(context, facts, own, now, out var key);
        using var hit = found.IsHit || facts.Identity is null ? found : FindPublic(context, facts, RequestKey.Primary(facts, null, message), now, out key);
        if (hit.IsHit && _hits.TryWrite(context, hit, now, facts, record))
        {
            context.Request.BodyReader.AdvanceTo(frame.End);
            options.Trace?.Record(key, hit.FirstFrames.Length);
            record.Decide(CallOutcome.Hit);
            lookup = default;
            return true;
        }

        lookup = new Lookup(facts, message, new CacheKey(own), hit.IsHit);
        return false;
    }

    /// <summary>Answers a call that was no small hit.</summary>
    /// <param name="frame">The request: one frame, still in the request's pipe; released here.</param>
    public async Task HandleAsync(HttpContext context, Lookup lookup, ReadOnlySequence<byte> frame, Upstream upstream, MethodState method, CallDeadline deadline, CallRecord record)
    {
        var facts = lookup.Facts;
        var keys = lookup.Own is { } own ? MakeKeys(facts, own, lookup.Message) : default;
        var body = frame.ToArray();
        context.Request.BodyReader.AdvanceTo(frame.End);

        // 1. A large answer, or one to be decompressed.
        if (lookup.HasEntry && TryAnswer(context, facts, keys, record) is { } writing)
        {
            await writing.ConfigureAwait(false);
            record.Decide(CallOutcome.Hit);
            return;
        }

        // 2. Else upstream, together with others or alone.
        if (lookup.Own is null)
        {
            record.Decide(CallOutcome.Bypass, "request-coding");
            await forwarder.ForwardAsync(context, upstream, new BufferedContent(body), deadline, $"{options.NodeName}; fwd=bypass; detail={record.Reason}", record).ConfigureAwait(false);
            return;
        }

        await AskAsync(new Call(context, facts, keys, body, upstream, method, deadline, record)).ConfigureAwait(false);
    }

    private async Task AskAsync(Call call)
    {
        using var lifetime = call.Deadline.Begin(call.Context.RequestAborted);
        var fields = call.Context.Request.Headers.ToArray();
        var mayShare = call.Method.MayCoalesce && !_fills.IsUncacheable(call.Keys.Flight);
        for (var turn = 0; ; turn++)
        {
            // 1. Wait for a fill in flight, or begin one.
            mayShare &= turn < MaxTurns;
            var fill = mayShare ? _fills.TryJoin(call.Keys.Flight) : null;
            if (fill is null)
            {
                var mine = new Fill(MakeJob(call, fields, mayShare));
                fill = mayShare ? _fills.Begin(call.Keys.Flight, mine) : mine;
                if (ReferenceEquals(fill, mine))
                {
                    // Race (1).
                    if (mayShare && TryAnswer(call.Context, call.Facts, call.Keys, call.Record) is { } writing)
                    {
                        await writing.ConfigureAwait(false);
                        mine.EndUnstarted();
                        call.Record.Decide(CallOutcome.Hit);
                        return;
                    }

                    call.Record.Decide(CallOutcome.Miss);
                    await LeadAsync(call, mine, lifetime).ConfigureAwait(false);
                    return;
                }
            }

            // 2. Follow another's.
            switch (await FollowAsync(call, fill, fields, lifetime).ConfigureAwait(false))
            {
                case Followed.Answered:
                    return;
                case Followed.GoAlone:
                    mayShare = false;
                    break;
            }
        }
    }

    private enum Followed
    {
        Answered,
        Again,
        GoAlone,
    }

    private async Task<Followed> FollowAsync(Call call, Fill fill, KeyValuePair<string, StringValues>[] fields, CallDeadline.CallLifetime lifetime)
    {
        telemetry.Counters.BeginWait();
        call.Record.Decide(CallOutcome.Coalesced);
        try
        {
            var bound = call.Method.HasDeclaredCaching ? Timeout.InfiniteTimeSpan : options.UnprovenWait;
            var outcome = await fill.Outcome.WaitAsync(bound, telemetry.Time, lifetime.Token).ConfigureAwait(false);
            switch (outcome.Kind)
            {
                case FillOutcomeKind.Stored when fill.Job.HasSameFields(outcome.VaryNames!, fields):
                    if (_hits.TryWriteAll(call.Context, outcome.Response!.Read(), telemetry.Time.GetTimestamp(), call.Facts.AcceptsGzip, "fwd=miss; collapsed", call.Record) is not { } writing)
                    {
                        return Followed.GoAlone;
                    }

                    options.Trace?.Record(fill.Job.StoredKey!.Hash, outcome.Response.Frames.Length);
                    await writing.ConfigureAwait(false);
                    return Followed.Answered;
                case FillOutcomeKind.Failed:
                    await forwarder.AnswerAsync(call.Context, outcome.Fault, $"{options.NodeName}; fwd=miss; collapsed; detail=failed").ConfigureAwait(false);
                    return Followed.Answered;
                case FillOutcomeKind.Again:
                    return Followed.Again;
                default:
                    return Followed.GoAlone;
            }
        }
        catch (TimeoutException)
        {
            return Followed.GoAlone;
        }
        catch (OperationCanceledException gone)
        {
            await forwarder.FailAsync(call.Context, call.Upstream, gone, lifetime.TimedOut).ConfigureAwait(false);
            return Followed.Answered;
        }
        finally
        {
            telemetry.Counters.EndWait();
            fill.Leave();
            RelaySpans.LinkTo(fill.Span);
        }
    }

    private async Task LeadAsync(Call call, Fill fill, CallDeadline.CallLifetime lifetime)
    {
        _ = fill.RunAsync();
        try
        {
            var answer = await fill.TakeAnswerAsync(lifetime.Token).ConfigureAwait(false);
            if (answer.Chunks is null)
            {
                call.Record.Decide(CallOutcome.Miss, answer.Rules.Refusal);
                await forwarder.RelayAsync(call.Context, call.Upstream, answer.Response, answer.Body, $"{options.NodeName}; fwd=miss; detail={answer.Rules.Refusal}", call.Record, lifetime.Token).ConfigureAwait(false);
                return;
            }

            var counter = new MessageCounterBox(call.Record);
            forwarder.BeginAnswer(call.Context, answer.Response, $"{options.NodeName}; fwd=miss; stored; ttl={(long)answer.Rules.Lifetime.TotalSeconds}");
            await CopyChunksAsync(answer.Chunks, call.Context, counter, lifetime.Token).ConfigureAwait(false);
            if (await fill.TakeBodyEndAsync(lifetime.Token).ConfigureAwait(false))
            {
                await forwarder.RelayBodyAsync(call.Context, call.Upstream, answer.Response, answer.Body, counter, call.Method, lifetime.Token).ConfigureAwait(false);
            }
            else
            {
                await forwarder.EndAnswerAsync(call.Context, call.Upstream, answer.Response).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            await forwarder.FailAsync(call.Context, call.Upstream, exception, lifetime.TimedOut).ConfigureAwait(false);
        }
        finally
        {
            fill.LeaveAsLeader();
        }
    }

    private async Task CopyChunksAsync(ChannelReader<ReadOnlyMemory<byte>> chunks, HttpContext context, MessageCounterBox counter, CancellationToken cancellationToken)
    {
        var to = context.Response.BodyWriter;
        var unflushed = 0;
        while (true)
        {
            var more = chunks.WaitToReadAsync(cancellationToken);
            if (unflushed >= HitResponse.FlushBytes || !more.IsCompleted)
            {
                await readers.FlushAsync(context, HitResponse.FlushBytes, mayRest: false, cancellationToken).ConfigureAwait(false);
                unflushed = 0;
            }

            if (!await more.ConfigureAwait(false))
            {
                return;
            }

            if (chunks.TryRead(out var chunk))
            {
                counter.Add(chunk.Span);
                to.Write(chunk.Span);
                unflushed += chunk.Length;
            }
        }
    }

    private static CallKeys MakeKeys(in RequestFacts facts, CacheKey own, ReadOnlySequence<byte> message)
    {
        var shared = facts.Identity is null ? own : RequestKey.Primary(facts, null, message);
        return new CallKeys(own, shared, RequestKey.Flight(own, facts));
    }

    /// <summary>Answers from the store.</summary>
    /// <returns>The writing of what is left; null, with nothing written: there is no answer for this call.</returns>
    private Task? TryAnswer(HttpContext context, in RequestFacts facts, in CallKeys keys, CallRecord record)
    {
        var now = telemetry.Time.GetTimestamp();
        var found = Find(context, facts, keys.Own, now, out var key);
        using var hit = found.IsHit || ReferenceEquals(keys.Own, keys.Shared) ? found : FindPublic(context, facts, keys.Shared, now, out key);
        if (!hit.IsHit || _hits.TryWriteAll(context, hit, now, facts.AcceptsGzip, HitResponse.Hit, record) is not { } writing)
        {
            return null;
        }

        if (options.Trace is { } trace)
        {
            using var held = hit.IsLarge ? hit.Hold() : null;
            trace.Record(key, held?.Frames.Length ?? hit.FirstFrames.Length);
        }

        return writing;
    }

    /// <summary>Finds what a call with credentials may share: an answer that said <c>public</c>.</summary>
    private CacheHit FindPublic(HttpContext context, in RequestFacts facts, CacheKey shared, long now, out KeyHash key)
    {
        var hit = Find(context, facts, shared, now, out key);
        return hit.IsHit && !hit.Head.IsPublic ? Leave(hit) : hit;
    }

    /// <summary>Finds a fresh entry under a key, or under that of the variant that the request asks for.</summary>
    /// <param name="stored">The hash of the key that the entry is stored under.</param>
    private CacheHit Find(HttpContext context, in RequestFacts facts, scoped KeyView key, long now, out KeyHash stored)
    {
        stored = key.Hash;
        var hit = GetFresh(key, now);
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

        var variant = RequestKey.Variant(key, FillJob.SelectFields(names, context.Request.Headers));
        stored = variant.Hash;
        hit = GetFresh(variant, now);
        return hit.IsHit && hit.Head.Kind != EntryKind.Response ? Leave(hit) : hit;
    }

    private CacheHit GetFresh(scoped KeyView key, long now)
    {
        var hit = store.Get(key, now);
        return hit.IsHit && now >= hit.Head.FreshUntil ? Leave(hit) : hit;
    }

    private static CacheHit Leave(CacheHit hit)
    {
        hit.Dispose();
        return default;
    }

    private FillJob MakeJob(Call call, KeyValuePair<string, StringValues>[] fields, bool isShared)
    {
        TimeSpan? timeout = call.Deadline.IsSet ? call.Deadline.Remaining : null;
        if (isShared && timeout is { } left && call.Method.HasDeclaredCaching && left < options.DetachedFillTimeout)
        {
            // Others may wait for this answer longer than the caller who happens to ask first.
            timeout = options.DetachedFillTimeout;
        }

        var request = UpstreamRequest.Create(call.Context, call.Upstream, new BufferedContent(call.Body), timeout);
        return new FillJob(options, store, _fills, telemetry, call.Keys, call.Facts, call.Method, call.Upstream, request, fields);
    }

    /// <summary>What a look into the store showed.</summary>
    /// <param name="Facts">The request's metadata.</param>
    /// <param name="Message">The request's message, decompressed; it lies in the request's pipe unless it was compressed.</param>
    /// <param name="Own">Its key with the caller's identity; null: the message cannot be read, and the call not be cached.</param>
    /// <param name="HasEntry">Whether there was a fresh entry for it.</param>
    internal readonly record struct Lookup(RequestFacts Facts, ReadOnlySequence<byte> Message, CacheKey? Own, bool HasEntry);

    private readonly record struct Call(HttpContext Context, RequestFacts Facts, CallKeys Keys, byte[] Body, Upstream Upstream, MethodState Method, CallDeadline Deadline, CallRecord Record);
}
