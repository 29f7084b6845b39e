using EdgeMesh.Caching.Memory;

namespace EdgeMesh.Caching.Expiry;

/// <summary>Entries by when something is due for them: a hierarchical timing wheel (Varghese and Lauck 1987).</summary>
/// <remarks>
/// Four levels of 64 buckets: seconds, 64 seconds, 68 minutes, 3 days; what is due later than 194 days goes round the last level.
/// Buckets are lists through <see cref="EntryRecord.Next"/> and <see cref="EntryRecord.Previous"/>, so an entry is in one wheel at
/// a time, and joining and leaving take constant time. Deadlines are ticks of a second, kept by the owner; an entry is due from its
/// tick on. Belongs to the store's lock; allocates nothing after its making.
/// </remarks>
internal sealed class TimerWheel(NativeTable<EntryRecord> slots, Func<uint, long> deadlineTickOf)
{
    private const int Levels = 4;
    private const int LevelBits = 6;
    private const int BucketsPerLevel = 1 << LevelBits;
    private const uint BucketBit = 0x80000000;
    private const long MaxTicksAhead = (1L << (LevelBits * Levels)) - 1;

    private readonly uint[] _heads = new uint[Levels * BucketsPerLevel];
    private long _tick;
    private bool _hasBegun = true;

    /// <summary>Entries in it.</summary>
    public int Count { get; private set; }

    /// <summary>Adds an entry.</summary>
    public void Add(uint slot, long deadlineTick)
    {
        Count++;
        Link(slot, deadlineTick);
    }

    /// <summary>Takes an entry out.</summary>
    public void Remove(uint slot)
    {
        Count--;
        Unlink(slot);
    }

    /// <summary>Takes the next entry that is due at or before a tick.</summary>
    /// <param name="now">The tick; the wheel turns up to it, and not back.</param>
    /// <param name="steps">How many turns and moves between buckets may be made; comes back as what is left of them, 0 or less when more is to do.</param>
    /// <returns>0 when none is due, or the steps are used up.</returns>
    public uint TakeDue(long now, ref int steps)
    {
        while (steps-- > 0)
        {
            // A tick has begun when what the higher levels hold for it has come down.
            if (!_hasBegun && !TryBegin(ref steps))
            {
                return 0;
            }

            if (_heads[_tick & (BucketsPerLevel - 1)] is not 0 and var head && _tick <= now)
            {
                Remove(head);
                return head;
            }

            if (_tick >= now)
            {
                return 0;
            }

            // An empty wheel turns at once.
            _tick = Count == 0 ? now : _tick + 1;
            _hasBegun = Count == 0;
        }

        return 0;
    }

    /// <summary>The entry that is due first, by bucket: within a bucket of a higher level, any.</summary>
    /// <returns>0 when the wheel is empty.</returns>
    public uint PeekEarliest()
    {
        for (var level = 0; level < Levels && Count > 0; level++)
        {
            var current = _tick >> (LevelBits * level);
            for (var i = 0; i < BucketsPerLevel; i++)
            {
                if (_heads[(level * BucketsPerLevel) + (int)((current + i) & (BucketsPerLevel - 1))] is not 0 and var head)
                {
                    return head;
                }
            }
        }

        return 0;
    }

    /// <summary>Walks every bucket.</summary>
    /// <exception cref="InvalidOperationException">Links or the count do not agree.</exception>
    public void CheckInvariants(Action<uint> each)
    {
        var found = 0;
        for (var bucket = 0; bucket < _heads.Length; bucket++)
        {
            var previous = BucketBit | (uint)bucket;
            for (var slot = _heads[bucket]; slot != 0; slot = slots[slot].Next)
            {
                Invariant.Holds(slots[slot].Previous == previous, "the links of the timer wheel", previous, slots[slot].Previous);
                each(slot);
                previous = slot;
                found++;
            }
        }

        Invariant.Holds(found == Count, "entries in the timer wheel", Count, found);
    }

    /// <summary>Moves what is due within a level's turn down, for each level whose turn begins at this tick.</summary>
    private bool TryBegin(ref int steps)
    {
        for (var level = Levels - 1; level > 0; level--)
        {
            if ((_tick & ((1L << (LevelBits * level)) - 1)) != 0)
            {
                continue;
            }

            var bucket = (level * BucketsPerLevel) + (int)((_tick >> (LevelBits * level)) & (BucketsPerLevel - 1));
            for (var slot = _heads[bucket]; slot != 0; slot = _heads[bucket])
            {
                if (steps-- <= 0)
                {
                    return false;
                }

                Unlink(slot);
                Link(slot, deadlineTickOf(slot));
            }
        }

        return _hasBegun = true;
    }

    private void Link(uint slot, long deadlineTick)
    {
        var at = Math.Clamp(deadlineTick, _tick, _tick + MaxTicksAhead);
        var level = 0;
        while ((at - _tick) >> (LevelBits * (level + 1)) != 0)
        {
            level++;
        }

        var bucket = (level * BucketsPerLevel) + (int)((at >> (LevelBits * level)) & (BucketsPerLevel - 1));
        ref var record = ref slots[slot];
        record.Previous = BucketBit | (uint)bucket;
        record.Next = _heads[bucket];
        if (record.Next != 0)
        {
            slots[record.Next].Previous = slot;
        }

        _heads[bucket] = slot;
    }

    private void Unlink(uint slot)
    {
        ref var record = ref slots[slot];
        if (record.Next != 0)
        {
            slots[record.Next].Previous = record.Previous;
        }

        if ((record.Previous & BucketBit) != 0)
        {
            _heads[record.Previous & ~BucketBit] = record.Next;
        }
        else
        {
            slots[record.Previous].Next = record.Next;
        }

        record.Next = record.Previous = 0;
    }
}
