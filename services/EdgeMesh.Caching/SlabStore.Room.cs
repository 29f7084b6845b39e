using EdgeMesh.Caching.Memory;

namespace EdgeMesh.Caching;

// Where the memory comes from.
public sealed unsafe partial class SlabStore
{
    // Attempts to gain a slot for one piece: each frees what waited, empties a page, waits a moment, or evicts. All of them are some
    // tens of microseconds, after which the answer is NoRoom rather than a writer that holds up the others.
    private const int MaxAttempts = 64;

    // Things in limbo at which a writer looks whether they can be freed: the fence costs a microsecond, shared by so many.
    private const int DrainAt = 64;

    // Share of the budget that may wait in limbo, or stand between the policy's room and the pages'.
    private const int LimboShare = 256;

    // Writes after which compaction is tried again when it found nothing to do.
    private const int CompactionPause = 64;

    private int _drainAt = DrainAt;
    private int _compactionPause;
    private int _drainingPage;
    private long _policyBytes;
    private long _slabBytes;

    /// <summary>Keeps the books after a change, and gives back what can be given back.</summary>
    private void SettleLocked()
    {
        if (_isDisposed)
        {
            return;
        }

        if (_limbo.Count >= _drainAt || _limbo.Bytes > LimboRoom)
        {
            DrainLocked();
            _drainAt = _limbo.Count + DrainAt;
        }

        // A free page ahead of the next that asks for one.
        if (_memory.KeptPages == 0 && _ledger.HeldBytes + _memory.PageBytes + _sparedBytes > _ledger.CapacityBytes && --_compactionPause < 0)
        {
            _compactionPause = TryCompactLocked() ? 0 : CompactionPause;
        }

        UpdateCapacityLocked();
    }

    private long LimboRoom => _ledger.CapacityBytes / LimboShare;

    /// <summary>What the policy may fill: the budget, less what is not slots, less what slots cannot be used.</summary>
    private void UpdateCapacityLocked()
    {
        _ledger.Take(_policy.OverheadBytes - _policyBytes + _slabs.OverheadBytes - _slabBytes);
        (_policyBytes, _slabBytes) = (_policy.OverheadBytes, _slabs.OverheadBytes);
        long pageBytes = _memory.PageBytes;
        var others = _ledger.HeldBytes - (_memory.HeldPages * pageBytes);
        var unusable = ((_slabs.ClassesInUse + 3) * pageBytes) + (2 * LimboRoom) + _orphanBytes + _sparedBytes;
        var room = Math.Max(0, _ledger.CapacityBytes - others - unusable);

        // A smaller budget is carried out step by step, in the background.
        var usedBytes = _policy.UsedBytes;
        _policy.CapacityBytes = room >= usedBytes ? room : Math.Max(room, usedBytes - ShrinkStepBytes);
    }

    private uint AllocateLocked(int sizeClass)
    {
        var reference = _slabs.TryAllocate(sizeClass);
        var wait = default(SpinWait);
        for (var attempt = 0; reference == 0 && attempt < MaxAttempts; attempt++)
        {
            if (DrainLocked() || TryCompactLocked())
            {
                // Something came free, perhaps of the right size.
            }
            else if (_limbo.Count > 0)
            {
                // Readers are in the middle of a copy: it ends soon, unless they lost their core meanwhile.
                wait.SpinOnce(sleep1Threshold: -1);
            }
            else
            {
                // More than was planned for is held or of other sizes: a page's worth more must go.
                _policy.CapacityBytes = Math.Max(0, _policy.UsedBytes - (2L * _memory.PageBytes));
                _policy.Trim(_evicted);
                EvictLocked();
            }

            reference = _slabs.TryAllocate(sizeClass);
        }

        return reference;
    }

    /// <summary>Frees what nobody can be reading any more.</summary>
    /// <returns>Whether any slot became free.</returns>
    private bool DrainLocked()
    {
        if (_limbo.Count == 0)
        {
            return false;
        }

        var safe = ReadEpoch.Advance();
        var isAnySlot = false;
        while (_limbo.TryTake(safe, out var retired))
        {
            switch (retired.Kind)
            {
                case RetiredKind.Slot:
                    _slabs.Free((uint)retired.What);
                    isAnySlot = true;
                    break;
                case RetiredKind.TagLink:
                    _tags.FreeLink((uint)retired.What);
                    break;
                case RetiredKind.Tag:
                    _tags.FreeTag((uint)retired.What);
                    break;
                default:
                    _index.FreeSegment(retired.What);
                    break;
            }
        }

        return isAnySlot;
    }

    /// <summary>Moves what lives in the emptiest page into its class's other pages, so that the page is free for another class.</summary>
    /// <returns>Whether anything moved.</returns>
    private bool TryCompactLocked()
    {
        // 1. One page at a time: what could not leave the last one stays there.
        if (_drainingPage != 0)
        {
            DrainLocked();
            _slabs.EndDraining(_drainingPage);
        }

        _drainingPage = _slabs.PickSparsePage();
        if (_drainingPage == 0)
        {
            return false;
        }

        // 2. Each that is an entry's, and not free, not in limbo, not held.
        var (reference, count, step) = _slabs.SlotsOf(_drainingPage);
        var hasMoved = false;
        for (; count > 0; count--, reference += step)
        {
            var word = *(uint*)_memory.At(reference);
            if (word != Block.FreeMark)
            {
                hasMoved |= (word & Block.PieceBit) != 0 ? TryMovePieceLocked(reference, word & ~Block.PieceBit) : TryMoveFirstLocked(reference, word & ~Block.StaleBit);
            }
        }

        // 3. The page is free when those who read the old places have left.
        DrainLocked();
        return hasMoved;
    }

    private bool TryMoveFirstLocked(uint reference, uint slot)
    {
        ref var record = ref _entries[slot];
        var block = _memory.At(reference);
        if (record.Block != reference || (Block.IsExtended(block) && !TryFreeze(block)))
        {
            return false;
        }

        if (CopySlotLocked(reference) is not (not 0 and var moved))
        {
            Thaw(block);
            return false;
        }

        // Whoever still finds the old place may read it, not hold it: Frozen turns into Dead.
        Thaw(_memory.At(moved));
        _index.Replace(KeyHash.Compute(Block.Key(block)).Fingerprint, reference, moved);
        record.Block = moved;
        if (Block.IsExtended(block))
        {
            Volatile.Write(ref Block.Extension(block)->Holds, Block.DeadBit);
        }

        _limbo.AddSlot(reference, _slabs.SizeOf(reference));
        return true;
    }

    private bool TryMovePieceLocked(uint reference, uint slot)
    {
        // 1. The piece before it, if the entry is still there.
        if (slot >= _entries.Limit || !_entries[slot].IsPublished)
        {
            return false;
        }

        var first = _entries[slot].Block;
        var block = _memory.At(first);
        var link = Block.IsExtended(block) ? &Block.Extension(block)->NextPiece : null;
        while (link != null && *link != 0 && *link != reference)
        {
            link = &((PieceHeader*)_memory.At(*link))->Next;
        }

        if (link == null || *link == 0 || !TryFreeze(block))
        {
            return false;
        }

        // 2. Only holders follow links, and nobody holds it now.
        var moved = CopySlotLocked(reference);
        if (moved != 0)
        {
            *link = moved;
            _limbo.AddSlot(reference, _slabs.SizeOf(reference));
        }

        Thaw(block);
        return moved != 0;
    }

    private uint CopySlotLocked(uint reference)
    {
        var bytes = _slabs.SizeOf(reference);
        var moved = _slabs.TryAllocate(_slabs.Sizes.ClassFor(bytes));
        if (moved != 0)
        {
            Buffer.MemoryCopy(_memory.At(reference), _memory.At(moved), bytes, bytes);
        }

        return moved;
    }

    private static bool TryFreeze(byte* block) => Interlocked.CompareExchange(ref Block.Extension(block)->Holds, Block.MovingBit, 0) == 0;

    private static void Thaw(byte* block)
    {
        if (Block.IsExtended(block))
        {
            Volatile.Write(ref Block.Extension(block)->Holds, 0);
        }
    }
}
