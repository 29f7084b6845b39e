using EdgeMesh.Wire;
using Grpc.Core;

namespace EdgeMesh.GrpcStack.Server;

/// <summary>When a call's caller gives up, and what happens then.</summary>
/// <remarks>A timer of the given clock. Thread-safe; after <see cref="Dispose"/> the action may still be running.</remarks>
internal sealed class CallDeadline : IDisposable
{
    /// <summary>Longest wait that a timer takes (2^32 - 2 ms); a longer one is made of several.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    private readonly TimeProvider _clock;
    private readonly Action _onExpired;
    private readonly DateTimeOffset _expiry;
    private readonly ITimer _timer;

    public CallDeadline(TimeProvider clock, TimeSpan timeout, Action onExpired)
    {
        _clock = clock;
        _onExpired = onExpired;
        var now = clock.GetUtcNow();
        _expiry = timeout < DateTimeOffset.MaxValue - now ? now + timeout : DateTimeOffset.MaxValue;
        _timer = clock.CreateTimer(static state => ((CallDeadline)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The moment, in UTC.</summary>
    public DateTime Utc => _expiry.UtcDateTime;

    /// <summary>Reads a <c>grpc-timeout</c>.</summary>
    /// <exception cref="RpcException">INTERNAL: outside the grammar.</exception>
    public static TimeSpan Parse(string value) => GrpcTimeout.TryParse(value, out var timeout)
        ? timeout
        : throw new RpcException(new Status(StatusCode.Internal, $"Malformed grpc-timeout '{value}': expected 1 to 8 digits and one of H, M, S, m, u, n."));

    /// <summary>Starts the timer.</summary>
    public void Start() => Wait();

    public void Dispose() => _timer.Dispose();

    private void OnTimer()
    {
        if (_clock.GetUtcNow() < _expiry)
        {
            Wait();
        }
        else
        {
            _onExpired();
        }
    }

    private void Wait()
    {
        var left = _expiry - _clock.GetUtcNow();
        left = left < TimeSpan.Zero ? TimeSpan.Zero : left > MaxWait ? MaxWait : left;
        _timer.Change(left, Timeout.InfiniteTimeSpan);
    }
}
