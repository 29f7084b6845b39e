using System.Diagnostics;
using System.Threading.Channels;
using EdgeMesh.Caching;
using EdgeMesh.Relay.Calls;
using EdgeMesh.Relay.Methods;
using EdgeMesh.Relay.Telemetry;
using EdgeMesh.Wire;

namespace EdgeMesh.Relay.Cache;

/// <summary>What the first caller gets when the answer's headers have come. The fill disposes of it.</summary>
/// <param name="Response">The answer.</param>
/// <param name="Body">Its body.</param>
/// <param name="Rules">What it says about storing it.</param>
/// <param name="Chunks">The body as it arrives, when the fill reads it; null: the caller reads <paramref name="Body"/>.</param>
internal readonly record struct FillAnswer(HttpResponseMessage Response, Stream Body, AnswerRules Rules, ChannelReader<ReadOnlyMemory<byte>>? Chunks);

/// <summary>Fetches one answer for all calls that wait for it.</summary>
/// <remarks>
/// Detached from its callers: the task that reads upstream touches no caller's context. The first caller (the leader)
/// follows the bytes as they come, through a channel that the longest stored message bounds, so that its slowness holds
/// up nobody; the others wait for the outcome.
/// <code>
/// ask upstream --> headers -- not storable ----------------------> leader reads the body itself; waiters: NotShared
///       |             '------ storable, or in place of a stale one, whose fate the trailers decide --> read body, chunks to the leader
///       |                        |-- a second message, or too long -> leader reads the rest itself; waiters: NotShared
///       |                        |-- end, grpc-status 0 -----------> entry stored; waiters: Stored
///       |                        '-- end, any other way -----------> waiters: NotShared
///       '-- upstream away ---------------------------------------> all: Failed
/// </code>
/// Races survived (all under <c>_lock</c>): (1) the leader goes while the answer comes: fill and leader each hold the
/// answer, the second to let go disposes of it, and gives back what its bytes took from the budget; (2) the last caller goes while another joins: an abandoned fill refuses,
/// and the newcomer begins another; (3) a newcomer finds a fill that has ended and is still in the table: its wait ends
/// at once; (4) a fill asks, a purge that may name its answer is applied, a caller comes: the purge has sealed the fill, which still answers those who wait, and the
/// newcomer begins another; (5) a purge looks for fills to seal, and a fill gets into the table unseen: it asks afterwards, so its answer is as of the purge. A waiter's wait ends by the outcome, its own going, its deadline, the bound for unproven methods, or that for callers who have a
/// stale answer. A leader who has one waits for the outcome, too, or leaves at once.
/// </remarks>
internal sealed class Fill
{
    private readonly Lock _lock = new();
    private readonly FillJob _job;
    private readonly CancellationTokenSource _abort;
    private readonly TaskCompletionSource<FillAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<bool> _bodyEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<FillOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HttpResponseMessage? _response;
    private UpstreamCall? _call;
    private long _heldBytes;
    private int _responseHolders = 2;
    private int _callers = 1;
    private bool _isWanted;
    private bool _isAbandoned;
    private bool _isSealed;

    /// <summary>Makes a fill with its leader in it; <see cref="RunAsync"/> or <see cref="EndUnstarted"/> comes next.</summary>
    public Fill(FillJob job)
    {
        _job = job;
        _abort = new CancellationTokenSource(Timeout.InfiniteTimeSpan, job.Time);
        _isWanted = job.StaleKey is not null || job.Method.HasDeclaredCaching;
    }

    /// <summary>How it ended.</summary>
    public Task<FillOutcome> Outcome => _outcome.Task;

    /// <summary>Whether there is an answer for its leader to relay.</summary>
    public bool HasAnswer => _answer.Task.IsCompletedSuccessfully;

    /// <summary>The context of its span, for those who wait; default: there is none.</summary>
    public ActivityContext Span { get; private set; }

    /// <summary>What it asks for.</summary>
    public FillJob Job => _job;

    /// <summary>Runs the fill to its end; never throws.</summary>
    public async Task RunAsync()
    {
        using var span = RelaySpans.StartFill();
        Span = span?.Context ?? default;
        var start = _job.Time.GetTimestamp();
        FillOutcome outcome;
        try
        {
            outcome = await FetchAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            outcome = exception is OperationCanceledException && _abort.IsCancellationRequested
                ? new FillOutcome(FillOutcomeKind.Again, Verdict: _isAbandoned ? StaleVerdict.None : StaleVerdict.Usable)
                : new FillOutcome(FillOutcomeKind.Failed, Fault: _job.ToFault(exception), Verdict: StaleVerdict.Usable);
            _call?.Fail(exception, isOver: _abort.IsCancellationRequested, timedOut: false);
            Fail(_answer, exception);
            Fail(_bodyEnd, exception);
        }

        lock (_lock)
        {
            ReleaseResponseLocked();
        }

        _job.Telemetry.Meters?.RecordFill(_job.Time.GetElapsedTime(start), outcome.Kind);
        _job.End(this, outcome.Verdict);
        _outcome.TrySetResult(outcome);
    }

    /// <summary>Ends a fill that turned out not to be needed: those who joined look again.</summary>
    public void EndUnstarted()
    {
        _job.End(this, StaleVerdict.None);
        _outcome.TrySetResult(new FillOutcome(FillOutcomeKind.Again));
    }

    /// <summary>Joins as a waiter; <see cref="Leave"/> undoes it.</summary>
    /// <returns>False when everyone had gone, and the fill with them; or when it is sealed.</returns>
    public bool TryJoin()
    {
        lock (_lock)
        {
            if (_isAbandoned || _isSealed)
            {
                return false;
            }

            _callers++;
            return true;
        }
    }

    /// <summary>From now on nobody may join: a purge was applied that may name what it has asked for. What it brings is stored only if its as-of says that it is newer.</summary>
    public void Seal()
    {
        lock (_lock)
        {
            _isSealed = true;
        }
    }

    /// <summary>A waiter has gone or has its answer.</summary>
    public void Leave()
    {
        bool isLast;
        lock (_lock)
        {
            isLast = LeaveLocked();
        }

        if (isLast)
        {
            _abort.Cancel();
        }
    }

    /// <summary>The leader has gone or has its answer.</summary>
    public void LeaveAsLeader()
    {
        lock (_lock)
        {
            ReleaseResponseLocked();
        }

        Leave();
    }

    /// <summary>The leader waits for the answer's headers; throws what upstream's handler threw.</summary>
    public Task<FillAnswer> TakeAnswerAsync(CancellationToken cancellationToken) => _answer.Task.WaitAsync(cancellationToken);

    /// <summary>The leader, after the last chunk: true when the body goes on and is the leader's to read, false at its end; throws what broke it.</summary>
    public Task<bool> TakeBodyEndAsync(CancellationToken cancellationToken) => _bodyEnd.Task.WaitAsync(cancellationToken);

    private async Task<FillOutcome> FetchAsync()
    {
        // 1. Ask upstream.
        _call = _job.BeginCall();
        var response = await _job.SendAsync(_abort.Token).ConfigureAwait(false);
        lock (_lock)
        {
            _response = response;
        }

        // 2. What the answer's headers say decides who reads its body.
        var body = await response.Content.ReadAsStreamAsync(_abort.Token).ConfigureAwait(false);
        if (_job.IsNotModified(response))
        {
            return await body.ReadAsync(new byte[1], _abort.Token).ConfigureAwait(false) == 0 ? _job.Confirm(response) : new FillOutcome(FillOutcomeKind.Again);
        }

        var rules = _job.ReadRules(response);
        if (rules.IsTelling)
        {
            _job.Method.ObserveAnswer(rules.MayStore);
        }

        if (rules.Refusal is { } refusal)
        {
            _job.CountUncacheable(refusal);
            if (!_job.MustSeeEnd(response, rules))
            {
                _answer.TrySetResult(new FillAnswer(response, body, rules, null));
                return _job.Refuse(response, rules, isWhole: false);
            }
        }

        // 3. Storable, or in place of a stale answer: from now on it is fetched to its end even when nobody waits.
        lock (_lock)
        {
            _isWanted = true;
        }

        if (rules.MayStore && rules.IsNegative)
        {
            return await FetchNegativeAsync(response, body, rules).ConfigureAwait(false);
        }

        var chunks = Channel.CreateUnbounded<ReadOnlyMemory<byte>>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        _answer.TrySetResult(new FillAnswer(response, body, rules, chunks.Reader));
        byte[]? frame;
        try
        {
            frame = await ReadFrameAsync(body, chunks.Writer).ConfigureAwait(false);
        }
        finally
        {
            chunks.Writer.TryComplete();
        }

        // 4. The whole of it, or the rest is the leader's.
        var stored = frame is null || !rules.MayStore ? null : _job.Store(response, rules, frame);
        _bodyEnd.TrySetResult(frame is null);
        if (stored is not null)
        {
            return FillOutcome.Of(stored, rules, response);
        }

        if (frame is not null && rules.MayStore)
        {
            _job.CountUncacheable("end");
        }

        return _job.Refuse(response, rules, isWhole: frame is not null);
    }

    /// <summary>Waits for the clean end of an answer that has its status in its headers, so that it goes to the leader as it came: in one frame.</summary>
    private async Task<FillOutcome> FetchNegativeAsync(HttpResponseMessage response, Stream body, AnswerRules rules)
    {
        var isEmpty = await body.ReadAsync(new byte[1], _abort.Token).ConfigureAwait(false) == 0;
        var stored = isEmpty ? _job.Store(response, rules, []) : null;
        _answer.TrySetResult(new FillAnswer(response, body, rules, null));
        if (stored is null)
        {
            _job.CountUncacheable("end");
            return _job.Refuse(response, rules, isWhole: isEmpty);
        }

        return FillOutcome.Of(stored, rules, response);
    }

    /// <summary>Reads a body of one message.</summary>
    /// <returns>Null when there is more than can be stored, or held for now; what was read has gone to <paramref name="chunks"/>.</returns>
    private async Task<byte[]?> ReadFrameAsync(Stream body, ChannelWriter<ReadOnlyMemory<byte>> chunks)
    {
        const int ChunkBytes = 16 * 1024;
        var counter = default(MessageCounter);
        var parts = new List<ReadOnlyMemory<byte>>();
        var total = 0;
        var free = Memory<byte>.Empty;
        while (true)
        {
            // Each chunk is filled before the next is made, or an answer that trickles would cost a chunk a byte.
            if (free.IsEmpty)
            {
                if (!_job.Budget.TryTake(ChunkBytes))
                {
                    return null;
                }

                _heldBytes += ChunkBytes;
                free = new byte[ChunkBytes];
            }

            var read = await body.ReadAsync(free, _abort.Token).ConfigureAwait(false);
            if (read == 0)
            {
                return Join(parts, total);
            }

            var part = free[..read];
            free = free[read..];
            counter.Add(part.Span);
            chunks.TryWrite(part);
            parts.Add(part);
            total += read;
            if (counter.Begun > 1)
            {
                _job.Method.Observe(MethodKind.Streaming);
            }

            if (AnswerEnd.RefuseBody(counter.Begun, total, _job.MaxStoredBytes) is { } refusal)
            {
                _job.CountUncacheable(refusal);
                return null;
            }
        }
    }

    private static byte[] Join(List<ReadOnlyMemory<byte>> parts, int total)
    {
        var joined = new byte[total];
        var rest = joined.AsMemory();
        foreach (var part in parts)
        {
            part.CopyTo(rest);
            rest = rest[part.Length..];
        }

        return joined;
    }

    private static void Fail<T>(TaskCompletionSource<T> source, Exception exception)
    {
        if (source.TrySetException(exception))
        {
            // Observed: a leader that has gone never reads it.
            _ = source.Task.Exception;
        }
    }

    /// <returns>Whether the fill is to be cancelled now.</returns>
    private bool LeaveLocked()
    {
        if (--_callers > 0 || _outcome.Task.IsCompleted)
        {
            return false;
        }

        if (_isWanted)
        {
            _abort.CancelAfter(_job.DetachedTimeout);
            return false;
        }

        _isAbandoned = true;
        return true;
    }

    private void ReleaseResponseLocked()
    {
        if (--_responseHolders == 0 && _response is { } response)
        {
            _call!.End(response);
            response.Dispose();
            _job.Budget.Release(_heldBytes);
        }
    }
}
