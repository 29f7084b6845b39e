namespace EdgeMesh.Relay.Cache;

/// <summary>Whether asking for a method's answers failed so often in a row that who has a stale one does not wait for the next failure.</summary>
/// <remarks>
/// M. Nygard, Release It! (2007), "Circuit Breaker". It only chooses between stale answers and waiting: calls that have no stale answer ask as ever.
/// <code>
/// closed --failures in a row--> open: stale answers at once, one question in each interval goes behind them --one answer--> closed
/// </code>
/// Thread-safe without a lock: both fields are single words; a lost update costs one more failure until it opens, or one more question.
/// </remarks>
internal sealed class CircuitBreaker
{
    // One bad key fails alone, and others succeed between: five in a row are not one key of many. Envoy ejects a host after as many (consecutive_5xx).
    private const int FailuresToOpen = 5;

    // Soon enough that nobody notices an origin's return late; a failing origin bears it.
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(1);

    private int _failures;
    private long _probedAt = long.MinValue;

    /// <summary>Whether asking is likely to fail.</summary>
    public bool IsOpen => Volatile.Read(ref _failures) >= FailuresToOpen;

    /// <summary>Asking failed.</summary>
    public void Fail()
    {
        if (!IsOpen)
        {
            Interlocked.Increment(ref _failures);
        }
    }

    /// <summary>Upstream answered.</summary>
    public void Close() => Volatile.Write(ref _failures, 0);

    /// <summary>Whether one may ask behind a stale answer now: always when closed, once in each interval when open.</summary>
    public bool TryProbe(TimeProvider time)
    {
        if (!IsOpen)
        {
            return true;
        }

        var now = time.GetTimestamp();
        var last = Volatile.Read(ref _probedAt);
        return (last == long.MinValue || time.GetElapsedTime(last, now) >= ProbeInterval) && Interlocked.CompareExchange(ref _probedAt, now, last) == last;
    }
}
