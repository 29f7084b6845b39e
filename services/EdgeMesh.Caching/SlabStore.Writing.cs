using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using EdgeMesh.Caching.Memory;
using EdgeMesh.Caching.Purges;

namespace EdgeMesh.Caching;

// How an entry comes in.
public sealed unsafe partial class SlabStore
{
    // Stale entries that one insertion takes out to make room.
    private const int MaxStaleOut = 64;

    private const int CacheLineBytes = 64;

    // Tags whose hashes are kept on the stack.
    private const int MaxStackTags = 32;

    private readonly List<int> _evicted = [];
    private int _pending;

    /// <inheritdoc/>
    /// <remarks>
    /// A large entry is copied without the lock, and is not in the index meanwhile. What may come in between:
    /// <code>
    /// (1) A admits slot 7 and copies    (2) B's insertion evicts slot 7: it is marked   (3) A publishes: sees the mark, gives all back
    /// (1) A admits slot 7 and copies    (2) a tag of it is purged                       (3) A publishes: asks again, gives all back
    /// (1) A admits slot 7 and copies    (2) B stores the same key                       (3) A publishes: takes B's out, the last one stays
    /// </code>
    /// </remarks>
    public StoreOutcome Set(CacheKey key, CacheEntry entry)
    {
        Span<KeyHash> tags = entry.Tags.Length <= MaxStackTags ? stackalloc KeyHash[entry.Tags.Length] : new KeyHash[entry.Tags.Length];
        for (var i = 0; i < tags.Length; i++)
        {
            tags[i] = HashTag(entry.Tags[i]);
        }

        if (BlockPlan.TryMake(_slabs.Sizes, key.LengthBytes, entry.Head.Length, entry.Frames.Length, tags.Length > 0) is not { } plan)
        {
            lock (_lock)
            {
                return EndSetLocked(StoreOutcome.Oversize);
            }
        }

        uint slot, first;
        lock (_lock)
        {
            var outcome = ReserveLocked(key, entry, tags, plan, out slot, out first);
            if (outcome == StoreOutcome.Stored && !plan.IsLarge)
            {
                Copy(first, key, entry, plan);
                outcome = PublishLocked(key, entry, tags, slot, first, isAlone: true);
            }

            if (outcome != StoreOutcome.Stored || !plan.IsLarge)
            {
                return EndSetLocked(outcome);
            }

            _entries[slot].Previous = first;
            _pending++;
            Interlocked.Increment(ref _holds);
        }

        Copy(first, key, entry, plan);
        lock (_lock)
        {
            _pending--;
            return ReleaseMemoryLocked() ? StoreOutcome.NoRoom : EndSetLocked(PublishLocked(key, entry, tags, slot, first, isAlone: false));
        }
    }

    /// <summary>Admission and memory for an entry that is not published yet.</summary>
    private StoreOutcome ReserveLocked(CacheKey key, CacheEntry entry, ReadOnlySpan<KeyHash> tags, BlockPlan plan, out uint slot, out uint first)
    {
        // 1. May it be stored at all?
        (slot, first) = (0, 0);
        var now = _time.GetTimestamp();
        if (_isDisposed)
        {
            return StoreOutcome.NoRoom;
        }

        if (now >= entry.StaleUntil)
        {
            return StoreOutcome.Expired;
        }

        if (IsPurgedLocked(tags, entry))
        {
            return StoreOutcome.Purged;
        }

        // 2. What stood there goes, then what is stale, then what the policy gives up.
        PrefetchLocked(key);
        RemoveKeyLocked(key);
        MakeRoomFromStaleLocked(plan.ChargedBytes, now);
        slot = _entries.Take();
        var isAdmitted = _policy.TryAdmit((int)slot, key.Hash.Low, plan.ChargedBytes, _evicted);
        EvictLocked();
        if (!isAdmitted)
        {
            _entries.Return(slot);
            return plan.ChargedBytes > _policy.CapacityBytes ? StoreOutcome.Oversize : StoreOutcome.NotAdmitted;
        }

        // 3. Its slots.
        if (TryAllocateLocked(key, entry, plan, slot, out first))
        {
            return StoreOutcome.Stored;
        }

        _policy.Remove((int)slot);
        _entries.Return(slot);
        return StoreOutcome.NoRoom;
    }

    /// <param name="isAlone">Whether the lock was held all the while since the key's last entry was taken out.</param>
    private StoreOutcome PublishLocked(CacheKey key, CacheEntry entry, ReadOnlySpan<KeyHash> tags, uint slot, uint first, bool isAlone)
    {
        // 1. Not when it went before it came.
        var block = _memory.At(first);
        ref var record = ref _entries[slot];
        var isCancelled = record.Block == EntryRecord.Cancelled;
        var outcome = isCancelled ? StoreOutcome.NotAdmitted : IsPurgedLocked(tags, entry) ? StoreOutcome.Purged : StoreOutcome.Stored;
        if (outcome == StoreOutcome.Stored)
        {
            if (!isAlone)
            {
                RemoveKeyLocked(key);
            }

            if (tags.Length > 0 && (Block.Extension(block)->FirstTagLink = _tags.Attach(slot, tags)) == 0)
            {
                outcome = StoreOutcome.NoRoom;
            }
            else if (!_index.TryAdd(key.Hash.Fingerprint, first))
            {
                _tags.Detach(tags.Length > 0 ? Block.Extension(block)->FirstTagLink : 0);
                outcome = StoreOutcome.NoRoom;
            }
        }

        // 2. In, or all back: nobody has seen it.
        if (outcome == StoreOutcome.Stored)
        {
            record.Block = first;
            _fresh.Add(slot, ToTick(entry.FreshUntil));
            return StoreOutcome.Stored;
        }

        FreeUnseenLocked(first);
        if (!isCancelled)
        {
            _policy.Remove((int)slot);
        }

        _entries.Return(slot);
        return outcome;
    }

    /// <summary>Has the processor fetch what the insertion is about to look at, and of the next three evictions what stands at an address known by now.</summary>
    private void PrefetchLocked(CacheKey key)
    {
        if (!Sse.IsSupported)
        {
            return;
        }

        _index.Prefetch(key.Hash.Fingerprint);
        var (first, second, third) = _policy.Prefetch(key.Hash.Low);
        if (third >= 0)
        {
            Sse.Prefetch0(Unsafe.AsPointer(ref _entries[(uint)third]));
        }

        if (second >= 0 && _entries[(uint)second] is { IsPublished: true, Block: var upcoming })
        {
            var block = _memory.At(upcoming);
            Sse.Prefetch0(block);
            Sse.Prefetch0(block + CacheLineBytes);
        }

        if (first >= 0 && _entries[(uint)first] is { IsPublished: true, Block: var reference })
        {
            _index.Prefetch(KeyHash.Compute(Block.Key(_memory.At(reference))).Fingerprint);
        }
    }

    /// <summary>Whether a purge that came after an answer was asked for names it; or so many came that nobody can tell.</summary>
    private bool IsPurgedLocked(ReadOnlySpan<KeyHash> tags, CacheEntry entry)
    {
        var asOf = entry.AsOf;
        if (asOf >= _lastPurge)
        {
            return false;
        }

        if (asOf < _clearedAt || asOf < _tags.Floor || _tags.IsAnyPurged(tags, asOf))
        {
            return true;
        }

        var (method, request) = (PurgeBatch.MethodName(entry.Marks), PurgeBatch.RequestName(entry.Marks));
        if (_tags.IsAnyPurged([method, request, PurgeBatch.Soft(method), PurgeBatch.Soft(request), PurgeBatch.SoftEverything], asOf))
        {
            return true;
        }

        foreach (var tag in tags)
        {
            if (_tags.IsAnyPurged([PurgeBatch.Soft(tag)], asOf))
            {
                return true;
            }
        }

        return false;
    }

    private void MakeRoomFromStaleLocked(long bytes, long now)
    {
        if (_policy.UsedBytes + bytes <= _policy.CapacityBytes)
        {
            return;
        }

        // Expired first out: what is due, then what is stale, the soonest end first.
        var steps = MaxStaleOut;
        ExpireLocked(now, ref steps);
        for (var i = 0; i < MaxStaleOut && _stale.Count > 0 && _policy.UsedBytes + bytes > _policy.CapacityBytes; i++)
        {
            _expirations++;
            UnlinkLocked(_stale.PeekEarliest(), isEvicted: false);
        }
    }

    /// <summary>Allocates all slots of an entry and marks whose they are, so that whoever walks a page can tell.</summary>
    private bool TryAllocateLocked(CacheKey key, CacheEntry entry, BlockPlan plan, uint slot, out uint first)
    {
        first = AllocateLocked(plan.FirstClass);
        if (first == 0)
        {
            return false;
        }

        var block = _memory.At(first);
        Block.WriteHeader(block, slot, plan.IsExtended, key.LengthBytes, entry.Head.Length, plan.FramesBytes);
        if (plan.IsExtended)
        {
            *Block.Extension(block) = new BlockExtension { FirstFramesBytes = (uint)plan.FirstFramesBytes };
        }

        var last = plan.IsExtended ? &Block.Extension(block)->NextPiece : null;
        for (var rest = plan.FramesBytes - plan.FirstFramesBytes; rest > 0; rest -= BlockPlan.NextBytes(_slabs.Sizes, rest))
        {
            var next = AllocateLocked(BlockPlan.NextClass(_slabs.Sizes, rest));
            if (next == 0)
            {
                FreeUnseenLocked(first);
                return false;
            }

            var piece = (PieceHeader*)_memory.At(next);
            *piece = new PieceHeader { Owner = slot | Block.PieceBit };
            *last = next;
            last = &piece->Next;
        }

        return true;
    }

    private void Copy(uint first, CacheKey key, CacheEntry entry, BlockPlan plan)
    {
        var block = _memory.At(first);
        var at = block + Block.OffsetOfKey(plan.IsExtended);
        key.Bytes.CopyTo(new Span<byte>(at, key.LengthBytes));
        at += key.LengthBytes;
        entry.Head.CopyTo(new Span<byte>(at, entry.Head.Length));
        at += entry.Head.Length;
        var frames = entry.Frames.AsSpan();
        frames[..plan.FirstFramesBytes].CopyTo(new Span<byte>(at, plan.FirstFramesBytes));
        var rest = frames[plan.FirstFramesBytes..];
        for (var next = Block.NextOfFirst(block); next != 0; next = ((PieceHeader*)_memory.At(next))->Next)
        {
            var bytes = BlockPlan.NextBytes(_slabs.Sizes, rest.Length);
            rest[..bytes].CopyTo(new Span<byte>(_memory.At(next) + sizeof(PieceHeader), bytes));
            rest = rest[bytes..];
        }
    }

    private StoreOutcome EndSetLocked(StoreOutcome outcome)
    {
        _outcomes[(int)outcome]++;
        SettleLocked();
        return outcome;
    }
}
