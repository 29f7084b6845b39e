using Grpc.Core;

namespace EdgeMesh.GrpcStack.Client;

/// <summary>How a call ended. Immutable.</summary>
/// <param name="Status">The status, whoever gave it.</param>
/// <param name="Trailers">The server's trailers; empty when it sent none.</param>
internal sealed record CallOutcome(Status Status, Metadata Trailers)
{
    /// <summary>The failure to throw.</summary>
    public RpcException ToException() => new(Status, Trailers);
}

/// <summary>From a call's start to its one end.</summary>
/// <remarks>
/// Thread-safe: ends race, and the first one counts. They are: the server's status; an answer that is not gRPC; a fault of the
/// transport; a message that cannot be sent or taken; the caller's token; the deadline; disposal of the call object or of its
/// channel. Whichever it is, <see cref="Aborted"/> then releases whoever still waits, and the stream is reset if it is open.
/// </remarks>
internal sealed class CallLifetime
{
    /// <summary>Longest due time of a timer, milliseconds; longer deadlines take several.</summary>
    private const uint MaxTimerMilliseconds = 0xfffffffe;

    private readonly CancellationTokenSource _abort = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeProvider _time;
    private readonly long _startTimestamp;
    private CallOutcome? _outcome;
    private ITimer? _timer;
    private CancellationTokenRegistration _callerRegistration;
    private CancellationTokenRegistration _channelRegistration;

    /// <summary>Starts the clock.</summary>
    /// <exception cref="InvalidOperationException">The deadline is not in UTC.</exception>
    public CallLifetime(DateTime? deadline, TimeProvider time)
    {
        _time = time;
        _startTimestamp = time.GetTimestamp();
        Aborted = _abort.Token;
        if (deadline is not { } end || end == DateTime.MaxValue)
        {
            return;
        }

        if (end.Kind != DateTimeKind.Utc && end != DateTime.MinValue)
        {
            throw new InvalidOperationException("Deadline must have a kind DateTimeKind.Utc or be equal to DateTime.MaxValue or DateTime.MinValue.");
        }

        var left = end - time.GetUtcNow().UtcDateTime;
        Timeout = left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>From the call's start to its deadline; null without one.</summary>
    public TimeSpan? Timeout { get; }

    /// <summary>Signalled once the call has ended, however it ended.</summary>
    public CancellationToken Aborted { get; }

    /// <summary>Completes once the call has ended. Whoever waits for it runs on a thread of its own, not on that of the one who ended it.</summary>
    public Task Ended => _ended.Task;

    /// <summary>How the call ended; null while it runs.</summary>
    public CallOutcome? Outcome => Volatile.Read(ref _outcome);

    /// <summary>Whether the deadline is over, be it that its timer is late.</summary>
    public bool IsDeadlineOver => Timeout is { } timeout && _time.GetElapsedTime(_startTimestamp) >= timeout;

    /// <summary>Arms what ends the call early: the deadline, the caller's token, the channel's disposal. One of them may end it here and now.</summary>
    public void Arm(CancellationToken caller, CancellationToken channelClosed)
    {
        if (Timeout == TimeSpan.Zero)
        {
            EndByDeadline();
            return;
        }

        _callerRegistration = caller.UnsafeRegister(static state => ((CallLifetime)state!).EndByCaller(), this);
        _channelRegistration = channelClosed.UnsafeRegister(static state => ((CallLifetime)state!).EndByDisposal(), this);
        if (Timeout is { } timeout)
        {
            // Stored before it is armed: the callback may run at once, and re-arms or disposes it.
            _timer = _time.CreateTimer(static state => ((CallLifetime)state!).OnTimer(), this, System.Threading.Timeout.InfiniteTimeSpan, System.Threading.Timeout.InfiniteTimeSpan);
            ArmTimer(timeout);
        }

        if (Outcome is not null)
        {
            // Ended while arming: what was registered after that end is not released by it.
            Release();
        }
    }

    /// <summary>Ends the call, unless it has ended.</summary>
    /// <returns>Whether this end counts.</returns>
    public bool TryEnd(Status status, Metadata trailers)
    {
        if (Interlocked.CompareExchange(ref _outcome, new CallOutcome(status, trailers), null) is not null)
        {
            return false;
        }

        Release();
        _abort.Cancel();
        _ended.SetResult();
        return true;
    }

    /// <summary>Ends the call as its caller wants it: with CANCELLED.</summary>
    public void EndByCaller() => TryEnd(new Status(StatusCode.Cancelled, "Call canceled by the client."), Metadata.Empty);

    /// <summary>Ends the call because its object or its channel is disposed.</summary>
    public void EndByDisposal() => TryEnd(new Status(StatusCode.Cancelled, "gRPC call disposed."), Metadata.Empty);

    private void EndByDeadline() => TryEnd(new Status(StatusCode.DeadlineExceeded, string.Empty), Metadata.Empty);

    private void OnTimer()
    {
        var left = Timeout!.Value - _time.GetElapsedTime(_startTimestamp);
        if (left <= TimeSpan.Zero)
        {
            EndByDeadline();
        }
        else
        {
            ArmTimer(left);
        }
    }

    private void ArmTimer(TimeSpan left)
    {
        // Rounded up to the timer's millisecond, so that it does not fire a moment early and spin.
        var milliseconds = Math.Min(Math.Ceiling(left.TotalMilliseconds), MaxTimerMilliseconds);
        _timer!.Change(TimeSpan.FromMilliseconds(milliseconds), System.Threading.Timeout.InfiniteTimeSpan);
    }

    private void Release()
    {
        _timer?.Dispose();

        // Not Dispose: it would wait for a callback that may be this very caller's.
        _callerRegistration.Unregister();
        _channelRegistration.Unregister();
    }
}
