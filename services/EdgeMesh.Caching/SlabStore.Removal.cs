using EdgeMesh.Caching.Memory;

namespace EdgeMesh.Caching;

// How an entry goes.
public sealed unsafe partial class SlabStore
{
    private long _orphanBytes;
    private uint _sweepAt;

    private bool RemoveKeyLocked(CacheKey key)
    {
        var match = new KeyMatch(_memory, key.Bytes);
        var reference = _index.Find(key.Hash.Fingerprint, ref match);
        if (reference == 0)
        {
            return false;
        }

        UnlinkLocked(Block.Slot(_memory.At(reference)), key.Hash.Fingerprint, isEvicted: false);
        return true;
    }

    /// <summary>Takes out what the policy has given up.</summary>
    private void EvictLocked()
    {
        foreach (var slot in _evicted)
        {
            ref var record = ref _entries[(uint)slot];
            if (record.IsPublished)
            {
                UnlinkLocked((uint)slot, isEvicted: true);
            }
            else
            {
                record.Block = EntryRecord.Cancelled;
            }
        }

        _evictions += _evicted.Count;
        _evicted.Clear();
    }

    private void UnlinkLocked(uint slot, bool isEvicted) => UnlinkLocked(slot, KeyHash.Compute(Block.Key(BlockOf(slot))).Fingerprint, isEvicted);

    private void UnlinkLocked(uint slot, uint fingerprint, bool isEvicted)
    {
        // 1. Nobody finds it any more.
        ref var record = ref _entries[slot];
        var reference = record.Block;
        var block = _memory.At(reference);
        _index.Remove(fingerprint, reference);
        (Block.IsStale(block) ? _stale : _fresh).Remove(slot);
        if (!isEvicted)
        {
            _policy.Remove((int)slot);
        }

        // 2. Who holds it lets its memory go later.
        if (Block.IsExtended(block))
        {
            var extension = Block.Extension(block);
            _tags.Detach(extension->FirstTagLink);
            if (Interlocked.Or(ref extension->Holds, Block.DeadBit) > 0)
            {
                _orphanBytes += BytesOf(reference);
            }
            else
            {
                RetireLocked(reference);
            }
        }
        else
        {
            _limbo.AddSlot(reference, _slabs.SizeOf(reference));
        }

        record.Block = 0;
        _entries.Return(slot);
    }

    /// <summary>Sends all pieces of an unlinked entry to limbo.</summary>
    private void RetireLocked(uint first)
    {
        for (var piece = first; piece != 0; piece = NextOf(piece, first))
        {
            _limbo.AddSlot(piece, _slabs.SizeOf(piece));
        }
    }

    /// <summary>Frees all pieces of an entry that was never published.</summary>
    private void FreeUnseenLocked(uint first)
    {
        for (uint piece = first, next; piece != 0; piece = next)
        {
            next = NextOf(piece, first);
            _slabs.Free(piece);
        }
    }

    private long BytesOf(uint first)
    {
        long bytes = 0;
        for (var piece = first; piece != 0; piece = NextOf(piece, first))
        {
            bytes += _slabs.SizeOf(piece);
        }

        return bytes;
    }

    private uint NextOf(uint piece, uint first) => piece == first ? Block.NextOfFirst(_memory.At(piece)) : ((PieceHeader*)_memory.At(piece))->Next;
}
