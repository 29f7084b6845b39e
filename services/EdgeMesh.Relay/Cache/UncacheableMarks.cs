using EdgeMesh.Caching;

namespace EdgeMesh.Relay.Cache;

/// <summary>Remembers for a while which keys had an answer that could not be shared, so that calls for them do not wait for one another.</summary>
/// <remarks>
/// "Hit-for-miss". A fixed table of one word a slot, written without a lock: a slot holds 32 bits of hash and the second
/// until which it holds. Two keys may take turns in a slot, or look alike: either costs a call that waits once more, or one
/// that does not wait where it could, never a wrong answer. 512 KiB.
/// </remarks>
internal sealed class UncacheableMarks(TimeProvider time)
{
    private const int Slots = 1 << 16;

    // Long enough that a busy uncacheable key queues rarely, short enough that one which becomes cacheable coalesces soon.
    private const long Seconds = 60;

    private readonly long[] _slots = new long[Slots];
    private readonly long _start = time.GetTimestamp();

    public bool Contains(CacheKey key)
    {
        var hash = (uint)key.GetHashCode();
        var slot = Volatile.Read(ref _slots[hash % Slots]);
        return (uint)(slot >> 32) == hash && (uint)slot > Now();
    }

    public void Add(CacheKey key)
    {
        var hash = (uint)key.GetHashCode();
        Volatile.Write(ref _slots[hash % Slots], ((long)hash << 32) | (uint)(Now() + Seconds));
    }

    public void Remove(CacheKey key)
    {
        if (Contains(key))
        {
            Volatile.Write(ref _slots[(uint)key.GetHashCode() % Slots], 0);
        }
    }

    private long Now() => (long)time.GetElapsedTime(_start).TotalSeconds;
}
