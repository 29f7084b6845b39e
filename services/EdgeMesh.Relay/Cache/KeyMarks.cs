using EdgeMesh.Caching;

namespace EdgeMesh.Relay.Cache;

/// <summary>Remembers for a while what is known of some keys: that their answers could not be shared, that asking for them failed.</summary>
/// <remarks>
/// A fixed table of one word a slot, written without a lock: a slot holds 32 bits of hash and the second until which it holds. Two keys
/// may take turns in a slot, or look alike: it must do no harm when a mark is lost or found where it was not set. 8 bytes a slot.
/// </remarks>
/// <param name="slots">A power of two.</param>
/// <param name="seconds">How long a mark holds.</param>
internal sealed class KeyMarks(TimeProvider time, int slots, int seconds)
{
    private readonly long[] _slots = new long[slots];
    private readonly long _start = time.GetTimestamp();

    /// <summary>Seconds for which a key's mark holds on; 0: it has none.</summary>
    public int SecondsLeft(CacheKey key)
    {
        var hash = (uint)key.GetHashCode();
        var slot = Volatile.Read(ref _slots[hash % slots]);
        return (uint)(slot >> 32) == hash ? (int)Math.Max(0, (uint)slot - Now()) : 0;
    }

    /// <summary>Marks a key.</summary>
    public void Add(CacheKey key)
    {
        var hash = (uint)key.GetHashCode();
        Volatile.Write(ref _slots[hash % slots], ((long)hash << 32) | (uint)(Now() + seconds));
    }

    /// <summary>Takes a key's mark away.</summary>
    public void Remove(CacheKey key)
    {
        if (SecondsLeft(key) > 0)
        {
            Volatile.Write(ref _slots[(uint)key.GetHashCode() % slots], 0);
        }
    }

    private long Now() => (long)time.GetElapsedTime(_start).TotalSeconds;
}
