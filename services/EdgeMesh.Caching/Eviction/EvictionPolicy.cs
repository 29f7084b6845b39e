namespace EdgeMesh.Caching.Eviction;

/// <summary>Decides who stays in a store of bounded bytes.</summary>
/// <remarks>
/// It knows slots (dense non-negative numbers that the store chooses and uses again), hashes of keys and charged bytes; nothing of keys or values.
/// One caller at a time, under the owner's lock, for all but <see cref="Hit"/>, which any thread may call at any moment: also for a slot that
/// is just being removed or given to another entry, which then starts with a hit too many. That costs a wrong guess, never a wrong answer.
/// Nothing it does takes longer the more entries there are: its tables grow by one piece at a time, and no piece is copied.
/// The state of an entry is a few bytes of native memory, which the collector neither walks nor frees: whoever has the policy ends it with <see cref="Dispose"/>.
/// </remarks>
public abstract class EvictionPolicy : IDisposable
{
    /// <summary>Most bytes that an entry can be charged: 1 TiB - 1.</summary>
    public const long MaxEntryBytes = (1L << 40) - 1;

    private long _capacityBytes;

    /// <summary>Makes a policy over no entries.</summary>
    /// <param name="capacityBytes">At least 0.</param>
    private protected EvictionPolicy(long capacityBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacityBytes);
        _capacityBytes = capacityBytes;
    }

    /// <summary>Most bytes that resident entries may be charged, at least 0. May be changed at any time; <see cref="Trim"/> brings <see cref="UsedBytes"/> under it.</summary>
    public long CapacityBytes
    {
        get => _capacityBytes;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _capacityBytes = value;
        }
    }

    /// <summary>Sum of the charged bytes of resident entries.</summary>
    public abstract long UsedBytes { get; }

    /// <summary>Resident entries.</summary>
    public abstract int Count { get; }

    /// <summary>Memory of the policy's own tables; the store charges it.</summary>
    public abstract long OverheadBytes { get; }

    /// <summary>Has the processor fetch what <see cref="TryAdmit"/> is about to look at: its tables are larger than caches, and waits for memory that overlap cost one.</summary>
    /// <param name="keyHash">As for <see cref="TryAdmit"/>.</param>
    /// <returns>Who leaves next, if things stay as they are.</returns>
    public abstract UpcomingVictims Prefetch(ulong keyHash);

    /// <summary>Makes room for a new entry, and takes it in.</summary>
    /// <param name="slot">Not resident, at least 0.</param>
    /// <param name="keyHash">A well-mixed hash of the key: the same key has the same hash each time it comes.</param>
    /// <param name="bytes">What the entry is charged, 1 to <see cref="MaxEntryBytes"/>.</param>
    /// <param name="evicted">Slots that are no longer resident are appended to it, also when the answer is false.</param>
    /// <returns>False when the entry was not worth its room, or is larger than the capacity: the slot is not resident.</returns>
    /// <exception cref="ArgumentException">The slot is resident.</exception>
    public abstract bool TryAdmit(int slot, ulong keyHash, long bytes, List<int> evicted);

    /// <summary>Takes an entry out that expired, was purged or replaced: no eviction, so nothing is remembered of it. A slot that is not resident stays so.</summary>
    public abstract void Remove(int slot);

    /// <summary>Notes that an entry was asked for: one saturating store of two bits, without a lock.</summary>
    public abstract void Hit(int slot);

    /// <summary>Evicts until <see cref="UsedBytes"/> is at most <see cref="CapacityBytes"/>.</summary>
    /// <param name="evicted">Evicted slots are appended to it.</param>
    public abstract void Trim(List<int> evicted);

    /// <summary>Frees the policy's memory. Nobody may be in a call, and none may follow.</summary>
    public abstract void Dispose();

    /// <summary>What policies keep of a key's hash.</summary>
    private protected static uint Fold(ulong keyHash) => (uint)(keyHash ^ (keyHash >> 32));

    /// <summary>Checks what an entry is charged.</summary>
    private protected static void ThrowIfNotAnEntry(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, MaxEntryBytes);
    }
}

/// <summary>The slots that leave next, if things stay as they are; -1: none.</summary>
/// <remarks>What is kept of each is fetched in steps, one step an insertion, since where the next step leads is only known when the one before it has arrived.</remarks>
/// <param name="First">The next.</param>
/// <param name="Second">The one after it.</param>
/// <param name="Third">The one after that.</param>
public readonly record struct UpcomingVictims(int First, int Second, int Third);
