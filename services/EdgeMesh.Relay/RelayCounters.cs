namespace EdgeMesh.Relay;

/// <summary>What a relay counted since it started.</summary>
/// <remarks>Each counter is owned by its property and changed by interlocked adds; thread-safe.</remarks>
public sealed class RelayCounters
{
    private long _hits;
    private long _misses;
    private long _coalesced;
    private long _bypasses;
    private long _upstreamFailures;
    private long _waiting;

    /// <summary>Calls answered from the store without waiting for anyone.</summary>
    public long Hits => Volatile.Read(ref _hits);

    /// <summary>Calls that could have been answered from the store and asked upstream.</summary>
    public long Misses => Volatile.Read(ref _misses);

    /// <summary>Calls that waited for a fill that another had begun, and ended with it: by its answer, its failure, or their own going.</summary>
    public long Coalesced => Volatile.Read(ref _coalesced);

    /// <summary>Calls relayed without a look into the store: streams, large requests. All calls = hits + misses + coalesced + bypasses + refused.</summary>
    public long Bypasses => Volatile.Read(ref _bypasses);

    /// <summary>Calls that ended because upstream could not be reached or was lost.</summary>
    public long UpstreamFailures => Volatile.Read(ref _upstreamFailures);

    /// <summary>Calls that wait for another's fill now.</summary>
    public long Waiting => Volatile.Read(ref _waiting);

    internal void CountHit() => Interlocked.Increment(ref _hits);

    internal void CountMiss() => Interlocked.Increment(ref _misses);

    internal void CountCoalesced() => Interlocked.Increment(ref _coalesced);

    internal void CountBypass() => Interlocked.Increment(ref _bypasses);

    internal void CountUpstreamFailure() => Interlocked.Increment(ref _upstreamFailures);

    internal void BeginWait() => Interlocked.Increment(ref _waiting);

    internal void EndWait() => Interlocked.Decrement(ref _waiting);
}
