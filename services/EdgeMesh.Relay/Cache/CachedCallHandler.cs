using System.Buffers;
using System.Threading.Channels;
using EdgeMesh.Caching;
using EdgeMesh.Relay.Calls;
using EdgeMesh.Relay.Metadata;
using EdgeMesh.Relay.Methods;
using EdgeMesh.Relay.Policies;
using EdgeMesh.Relay.Policies.Shadows;
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
///     -> stale entry that may be used? -------------------------> see CachedCallHandler.Stale.cs
///     -> fill in flight? join -> outcome Stored ----------------> answer, "collapsed"
///     |                       -> Again: from the start; NotShared: a fill of one's own
///     '-> begin a fill, look into the store once more (race 1) -> lead it
/// </code>
/// Race (1): A looks and misses; B's fill for the key stores and leaves the table; A begins a fill: a second origin call.
/// Since a fill stores before it leaves the table, A, who has its own in the table, finds the entry when it looks again.
/// </remarks>
internal sealed partial class CachedCallHandler(RelayOptions options, ICacheStore store, CallForwarder forwarder, SlowReaders readers, CallTelemetry telemetry)
{
    // Bytes: most keys are a path, a host and a small message.
    private const int MaxKeyOnStack = 512;

    // Why a hit is not OK: a NOT_FOUND was stored.
    private const string Negative = "negative";

    /// <summary>Why upstream was not asked: the caller wanted that.</summary>
    public const string OnlyIfCached = "only-if-cached";

    /// <summary>Why a call was not looked up: its message cannot be read.</summary>
    public const string RequestCoding = "request-coding";

    // Turns of "begin again" before a caller goes alone: each means that a leader's deadline ended a fill.
    private const int MaxTurns = 4;

    private readonly FillTable _fills = new(options.MaxFillBytes, telemetry.Time);
    private readonly ShadowTable _shadows = new(telemetry.Time);
    private readonly HitResponse _hits = new(options, readers, telemetry.Time);

    /// <summary>Fills in flight.</summary>
    public FillTable Fills => _fills;

    /// <summary>What rules that are only tried would have done.</summary>
    public ShadowTable Shadows => _shadows;

    /// <summary>Answers a call from the store, if there is a small enough answer; the caller sees it when the call's handler returns.</summary>
    /// <param name="frame">The request: one frame, still in the request's pipe; released when the answer is true.</param>
    /// <param name="policy">What holds for the method.</param>
    /// <param name="now">The clock's timestamp.</param>
    /// <param name="record">Notes the call.</param>
    /// <returns>Null: it is answered. Else what was found, for <see cref="HandleAsync"/>.</returns>
    public Lookup? TryHit(HttpContext context, in ReadOnlySequence<byte> frame, PolicyBinding policy, long now, CallRecord record)
    {
        record.Received(frame.Length);
        var facts = RequestFacts.Read(context, record.Path, policy.Active);
        if (!RequestKey.TryReadMessage(frame, facts.Encoding, options.MaxKeyedMessageBytes, out var message))
        {
            return new Lookup(facts, default, null, HasEntry: false, IsStale: false);
        }

        if (policy.Shadow is { IsClosed: false } shadow)
        {
            record.Shadow = Look(context, record.Path, shadow, message);
        }

        var length = RequestKey.MaxPrimaryLength(facts, message);
        Span<byte> bytes = length <= MaxKeyOnStack ? stackalloc byte[MaxKeyOnStack] : new byte[length];
        var own = new KeyView(bytes[..RequestKey.WritePrimary(facts, facts.Identity, message, bytes)]);
        var isStale = false;
        var found = Find(context, facts, own, now, EntryUse.Fresh, ref isStale, out var key, out _);
        using var hit = found.IsHit || facts.Identity is null ? found : FindPublic(context, facts, RequestKey.Primary(facts, null, message), now, EntryUse.Fresh, ref isStale, out key, out _);
        if (hit.IsHit && _hits.TryWrite(context, hit, now, facts, record))
        {
            context.Request.BodyReader.AdvanceTo(frame.End);
            options.Trace?.Record(key, hit.FirstFrames.Length);
            record.Decide(CallOutcome.Hit, IsNegative(hit) ? Negative : null);
            return null;
        }

        return new Lookup(facts, message, new CacheKey(own), hit.IsHit, isStale);
    }

    /// <summary>Answers a call that was no small hit.</summary>
    /// <param name="frame">The request: one frame, still in the request's pipe; released here.</param>
    public async Task HandleAsync(HttpContext context, Lookup lookup, ReadOnlySequence<byte> frame, Upstream upstream, MethodState method, CallDeadline deadline, CallRecord record)
    {
        var facts = lookup.Facts;
        var keys = lookup.Own is { } own ? CallKeys.Of(facts, own, lookup.Message) : default;
        var body = frame.ToArray();
        context.Request.BodyReader.AdvanceTo(frame.End);

        // 1. A large answer, or one to be decompressed.
        if (lookup.HasEntry && TryAnswer(context, facts, keys, record, EntryUse.Fresh, _hits.Hit, out _) is { } writing)
        {
            await writing.ConfigureAwait(false);
            return;
        }

        // 2. No key.
        if (lookup.Own is null)
        {
            record.Decide(CallOutcome.Bypass, RequestCoding);
            await forwarder.ForwardAsync(context, upstream, new BufferedContent(body), deadline, $"{options.NodeName}; fwd=bypass; detail={record.Reason}", record).ConfigureAwait(false);
            return;
        }

        // 3. A stale answer, else upstream, together with others or alone.
        var call = new Call(context, facts, keys, body, upstream, method, deadline, record);
        if (facts.Directives.OnlyIfCached)
        {
            record.Decide(CallOutcome.Miss, OnlyIfCached);
            await forwarder.AnswerAsync(context, new RelayFault(GrpcStatusCode.Unavailable, $"{options.NodeDescription} has no answer stored, and the call has cache-control: only-if-cached"), $"{options.NodeName}; fwd=miss; detail={OnlyIfCached}").ConfigureAwait(false);
            return;
        }

        if (!lookup.IsStale || facts.Directives.Demands || !await TryAnswerStaleAsync(call).ConfigureAwait(false))
        {
            await AskAsync(call).ConfigureAwait(false);
        }
    }

    private async Task AskAsync(Call call)
    {
        using var lifetime = call.Deadline.Begin(call.Context.RequestAborted);
        var fields = call.Context.Request.Headers.ToArray();
        var mayShare = call.Facts.Directives is { Demands: false, NoStore: false } && call.Method.MayCoalesce && !_fills.IsUncacheable(call.Keys.Flight);
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
                    if (mayShare && TryAnswer(call, EntryUse.Fresh, _hits.Hit, out _) is { } writing)
                    {
                        mine.EndUnstarted();
                        await writing.ConfigureAwait(false);
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
                    if (_hits.TryWriteAll(call.Context, outcome.Response!.Read(), telemetry.Time.GetTimestamp(), call.Facts.AcceptsGzip, _hits.Collapsed, call.Record, outcome.Upstream) is not { } writing)
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
            await RelayFillAsync(call, fill, "fwd=miss", lifetime).ConfigureAwait(false);
        }
        finally
        {
            fill.LeaveAsLeader();
        }
    }

    /// <summary>Relays what a fill gets to its leader, as it comes; tells the leader of a failure.</summary>
    /// <param name="forward">Why it was asked, as in <c>cache-status</c>.</param>
    private async Task RelayFillAsync(Call call, Fill fill, string forward, CallDeadline.CallLifetime lifetime)
    {
        try
        {
            var answer = await fill.TakeAnswerAsync(lifetime.Token).ConfigureAwait(false);
            var status = answer.Rules.Refusal is { } refusal
                ? $"{options.NodeName}; {forward}; detail={refusal}"
                : $"{options.NodeName}; {forward}; stored; ttl={(long)answer.Rules.Lifetime.TotalSeconds}";
            if (answer.Chunks is null)
            {
                call.Record.Decide(CallOutcome.Miss, answer.Rules.Refusal);
                await forwarder.RelayAsync(call.Context, call.Upstream, answer.Response, answer.Body, status, call.Record, lifetime.Token).ConfigureAwait(false);
                return;
            }

            var counter = new MessageCounterBox(call.Record);
            forwarder.BeginAnswer(call.Context, call.Upstream, answer.Response, status, call.Record.IsFromNode);
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

    /// <summary>What a rule that is only tried would have done with a call.</summary>
    private ShadowCall Look(HttpContext context, string path, MethodRule shadow, in ReadOnlySequence<byte> message)
    {
        var facts = RequestFacts.Read(context, path, shadow);
        return _shadows.Look(path, shadow, RequestKey.Primary(facts, facts.Identity, message).Hash);
    }

    private FillJob MakeJob(Call call, KeyValuePair<string, StringValues>[] fields, bool isShared)
    {
        TimeSpan? timeout = call.Deadline.IsSet ? call.Deadline.Remaining : null;
        if (isShared && timeout is { } left && call.Method.HasDeclaredCaching && left < options.DetachedFillTimeout)
        {
            // Others may wait for this answer longer than the caller who happens to ask first.
            timeout = options.DetachedFillTimeout;
        }

        return MakeJob(call, fields, timeout);
    }

    private FillJob MakeJob(Call call, KeyValuePair<string, StringValues>[] fields, TimeSpan? timeout)
    {
        var request = UpstreamRequest.CreateFill(call.Context, call.Upstream, new BufferedContent(call.Body), timeout, call.Facts.Rule);
        return new FillJob(options, store, _fills, telemetry, call.Keys, call.Facts, call.Method, call.Upstream, request, fields, call.Body, call.Record.Shadow);
    }

    /// <summary>What a look into the store showed.</summary>
    /// <param name="Facts">The request's metadata.</param>
    /// <param name="Message">The request's message, decompressed; it lies in the request's pipe unless it was compressed.</param>
    /// <param name="Own">Its key with the caller's identity; null: the message cannot be read, and the call not be cached.</param>
    /// <param name="HasEntry">Whether there was a fresh entry for it.</param>
    /// <param name="IsStale">Whether there was a stale one on the way.</param>
    internal sealed record Lookup(RequestFacts Facts, ReadOnlySequence<byte> Message, CacheKey? Own, bool HasEntry, bool IsStale);

    private readonly record struct Call(HttpContext Context, RequestFacts Facts, CallKeys Keys, byte[] Body, Upstream Upstream, MethodState Method, CallDeadline Deadline, CallRecord Record);
}
