using EdgeMesh.Caching;
using EdgeMesh.Relay.Metadata;
using EdgeMesh.Relay.Telemetry;

namespace EdgeMesh.Relay.Cache;

/// <content>
/// How stale answers are used (RFC 5861), if their origin said so; never beyond the time that it gave.
/// <code>
/// fresh until -- stale-while-revalidate --> answer at once, ask behind it
///             '- stale-if-error ----------> asking for the key failed lately, five times in a row for the method, or upstream is away? answer at once, ask behind it
///                                           else ask: new answer ------------------------> that
///                                                     error, or no answer in time -------> the stale one, if it is still there
///                                                     an answer that is not for sharing -> to who asked; others as for a miss
/// </code>
/// One call at a time asks for a key, and none within a second or two of one that failed. Race (2): A finds a stale entry; B's fill stores and
/// leaves the table; A begins a fill: a second origin call. A looks once more, as in race (1). Race (3): a purge takes the entry out while its
/// call waits for the fill: the call looks again when that fails, finds nothing, and asks as for a miss.
/// </content>
internal sealed partial class CachedCallHandler
{
    private const string WhileRevalidating = "stale-while-revalidate";
    private const string IfError = "stale-if-error";

    /// <returns>False, with nothing written, when no stale answer may be used for the call.</returns>
    private async Task<bool> TryAnswerStaleAsync(Call call)
    {
        // 1. At once.
        var reason = WhileRevalidating;
        var writing = TryAnswer(call, EntryUse.WhileRevalidating, _hits.Hit, out var key);
        if (writing is null && (call.Upstream.IsUp == false || call.Method.Breaker.IsOpen || _fills.IsFailing(call.Keys.Flight)))
        {
            reason = IfError;
            writing = TryAnswer(call, EntryUse.OnError, _hits.StaleIfError, out key);
        }

        if (writing is not null)
        {
            call.Record.Decide(CallOutcome.Hit, reason);
            telemetry.Counters.StaleReasons.Count(reason);
            Refresh(call, key);
            await writing.ConfigureAwait(false);
            return true;
        }

        // 2. After asking, if that fails.
        return HasStale(call, out key) && await AskWithStaleAsync(call, key).ConfigureAwait(false);
    }

    /// <summary>Asks anew for a key whose stale answer has been given, unless that is being done or failed a moment ago.</summary>
    private void Refresh(Call call, CacheKey staleKey)
    {
        if (_fills.IsFilling(call.Keys.Flight) || _fills.HasJustFailed(call.Keys.Flight) || !call.Method.Breaker.TryProbe(telemetry.Time))
        {
            return;
        }

        try
        {
            if (BeginAnew(call, staleKey, out var isMine) is { } fill)
            {
                Leave(fill, isMine);
            }
        }
        catch (InvalidMetadataException)
        {
            // This request cannot go on, and need not: it has its answer. The next one asks.
        }
    }

    private async Task<bool> AskWithStaleAsync(Call call, CacheKey staleKey)
    {
        // 1. Another's fill, or one's own.
        var isMine = false;
        var fill = _fills.TryJoin(call.Keys.Flight) ?? BeginAnew(call, staleKey, out isMine);
        if (fill is null)
        {
            return false;
        }

        var outcome = isMine ? CallOutcome.Miss : CallOutcome.Coalesced;
        call.Record.Decide(outcome);
        using var lifetime = call.Deadline.Begin(call.Context.RequestAborted);
        try
        {
            // 2. A new answer, to share or for this call alone.
            var end = await WaitAsync(call, fill, isMine, lifetime.Token).ConfigureAwait(false);
            if (end.Kind == FillOutcomeKind.Stored && fill.Job.HasSameFields(end.VaryNames!, [.. call.Context.Request.Headers]))
            {
                var status = !isMine ? _hits.ReplacedByOther : fill.Job.IsConfirmed ? _hits.Confirmed : _hits.Replaced;
                if (_hits.TryWriteAll(call.Context, end.Response!.Read(), telemetry.Time.GetTimestamp(), call.Facts.AcceptsGzip, status, call.Record, end.Upstream) is not { } writingNew)
                {
                    return false;
                }

                options.Trace?.Record(fill.Job.StoredKey!.Hash, end.Response.Frames.Length);
                await writingNew.ConfigureAwait(false);
                return true;
            }

            if (end.Verdict != StaleVerdict.Usable)
            {
                if (isMine && fill.HasAnswer)
                {
                    await RelayFillAsync(call, fill, "fwd=stale", lifetime).ConfigureAwait(false);
                    return true;
                }

                return false;
            }
        }
        catch (TimeoutException)
        {
            _fills.MarkFailing(call.Keys.Flight);
            if (isMine)
            {
                call.Method.Breaker.Fail();
            }
        }
        catch (OperationCanceledException gone)
        {
            await forwarder.FailAsync(call.Context, call.Upstream, gone, lifetime.TimedOut).ConfigureAwait(false);
            return true;
        }
        finally
        {
            Leave(fill, isMine);
        }

        // 3. The stale answer.
        if (TryAnswer(call, EntryUse.OnError, _hits.StaleAfterError, out _) is not { } writing)
        {
            return false;
        }

        call.Record.Decide(outcome, IfError);
        telemetry.Counters.StaleReasons.Count(IfError);
        await writing.ConfigureAwait(false);
        return true;
    }

    /// <summary>Waits for a fill's end; at most for half of the caller's time.</summary>
    /// <exception cref="TimeoutException">It took too long for a caller who has a stale answer.</exception>
    private async Task<FillOutcome> WaitAsync(Call call, Fill fill, bool isMine, CancellationToken cancellationToken)
    {
        var wait = options.StaleIfErrorWait;
        if (call.Deadline.IsSet && call.Deadline.Remaining / 2 is var half && half < wait)
        {
            wait = half;
        }

        if (isMine)
        {
            return await fill.Outcome.WaitAsync(wait, telemetry.Time, cancellationToken).ConfigureAwait(false);
        }

        telemetry.Counters.BeginWait();
        try
        {
            return await fill.Outcome.WaitAsync(wait, telemetry.Time, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            telemetry.Counters.EndWait();
            RelaySpans.LinkTo(fill.Span);
        }
    }

    /// <summary>Begins a fill for a key that has a stale answer, with the caller as its leader; or joins the one that another call began meanwhile.</summary>
    /// <returns>The fill, to be left; null: a fresh answer came meanwhile.</returns>
    private Fill? BeginAnew(Call call, CacheKey staleKey, out bool isMine)
    {
        var job = MakeJob(call, [.. call.Context.Request.Headers], options.DetachedFillTimeout);
        job.Revalidate(staleKey);
        var mine = new Fill(job);
        var fill = _fills.Begin(call.Keys.Flight, mine);
        isMine = ReferenceEquals(fill, mine);
        if (!isMine)
        {
            return fill;
        }

        // Race (2).
        using var fresh = FindEither(call.Context, call.Facts, call.Keys, telemetry.Time.GetTimestamp(), EntryUse.Fresh, out _);
        if (fresh.IsHit)
        {
            mine.EndUnstarted();
            return null;
        }

        _ = mine.RunAsync();
        return mine;
    }

    private static void Leave(Fill fill, bool isMine)
    {
        if (isMine)
        {
            fill.LeaveAsLeader();
        }
        else
        {
            fill.Leave();
        }
    }

    private bool HasStale(Call call, out CacheKey key)
    {
        using var hit = FindEither(call.Context, call.Facts, call.Keys, telemetry.Time.GetTimestamp(), EntryUse.OnError, out key);
        return hit.IsHit;
    }
}
