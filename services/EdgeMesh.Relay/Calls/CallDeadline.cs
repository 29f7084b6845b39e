using EdgeMesh.Wire;

namespace EdgeMesh.Relay.Calls;

/// <summary>When a call's time is up, on this node's monotonic clock.</summary>
/// <remarks>Each hop passes on what is left, so that time spent here is not given away twice.</remarks>
internal readonly struct CallDeadline
{
    // A CancellationTokenSource takes at most this; a caller who waits longer is not timed here, only upstream.
    private static readonly TimeSpan MaxTimer = TimeSpan.FromMilliseconds(uint.MaxValue - 1d);

    private readonly TimeProvider? _time;
    private readonly long _start;
    private readonly TimeSpan _timeout;

    private CallDeadline(TimeProvider time, TimeSpan timeout)
    {
        _time = time;
        _start = time.GetTimestamp();
        _timeout = timeout;
    }

    /// <summary>Whether the caller set one.</summary>
    public bool IsSet => _time is not null;

    /// <summary>What is left; never negative. Only when <see cref="IsSet"/>.</summary>
    public TimeSpan Remaining
    {
        get
        {
            var left = _timeout - _time!.GetElapsedTime(_start);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Whether a deadline is set and past.</summary>
    public bool IsPast => IsSet && Remaining == TimeSpan.Zero;

    /// <summary>Reads <c>grpc-timeout</c>; absent is no deadline.</summary>
    /// <returns>False when it is outside the grammar.</returns>
    public static bool TryStart(string? header, TimeProvider time, out CallDeadline deadline)
    {
        deadline = default;
        if (string.IsNullOrEmpty(header))
        {
            return header is null;
        }

        if (!GrpcTimeout.TryParse(header, out var timeout))
        {
            return false;
        }

        deadline = new CallDeadline(time, timeout);
        return true;
    }

    /// <summary>Ends when the caller goes or its time is up. Dispose of it after the call.</summary>
    public CallLifetime Begin(CancellationToken callerGone) => new(this, callerGone);

    /// <summary>A token for one call.</summary>
    internal readonly struct CallLifetime : IDisposable
    {
        private readonly CancellationTokenSource? _timer;
        private readonly CancellationTokenSource? _linked;

        public CallLifetime(CallDeadline deadline, CancellationToken callerGone)
        {
            if (deadline.IsSet && deadline.Remaining is var left && left < MaxTimer)
            {
                _timer = new CancellationTokenSource(left, deadline._time!);
                _linked = CancellationTokenSource.CreateLinkedTokenSource(callerGone, _timer.Token);
                Token = _linked.Token;
            }
            else
            {
                Token = callerGone;
            }
        }

        public CancellationToken Token { get; }

        /// <summary>Whether the time was up.</summary>
        public bool TimedOut => _timer is { IsCancellationRequested: true };

        public void Dispose()
        {
            _linked?.Dispose();
            _timer?.Dispose();
        }
    }
}
