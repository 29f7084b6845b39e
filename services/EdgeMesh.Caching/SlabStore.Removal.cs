using System.Text;
using EdgeMesh.Caching.Memory;

namespace EdgeMesh.Caching;

// How an entry goes.
public sealed unsafe partial class SlabStore
{
    private long _orphanBytes;
    private uint _sweepAt;

    /// <summary>Takes every entry that has a tag out of service, at once; its memory comes back in the background.</summary>
    /// <param name="tag">The tag, case-sensitive.</param>
    /// <param name="sequence">The purge's number, <see cref="Sequence"/> or above, as several parts of one purge have the same; null: the next.</param>
    /// <returns>The purge's number. Answers that are as-of before it and have the tag are not stored any more.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is below that of a purge before.</exception>
    public long PurgeTag(string tag, long? sequence = null)
    {
        var hash = HashTag(tag);
        lock (_lock)
        {
            var number = NextSequenceLocked(sequence);
            if (!_isDisposed && !_tags.TryPurge(hash, number))
            {
                ClearLocked(number);
            }

            EndPurgeLocked(number);
            return number;
        }
    }

    /// <summary>Takes every entry out of service, at once; memory comes back in the background.</summary>
    /// <inheritdoc cref="PurgeTag"/>
    public long PurgeAll(long? sequence = null)
    {
        lock (_lock)
        {
            var number = NextSequenceLocked(sequence);
            ClearLocked(number);
            EndPurgeLocked(number);
            return number;
        }
    }

    private static KeyHash HashTag(string tag)
    {
        const int StackBytes = 512;
        var bytes = Encoding.UTF8.GetMaxByteCount(tag.Length) <= StackBytes ? stackalloc byte[StackBytes] : new byte[Encoding.UTF8.GetMaxByteCount(tag.Length)];
        return KeyHash.Compute(bytes[..Encoding.UTF8.GetBytes(tag, bytes)]);
    }

    private long NextSequenceLocked(long? sequence)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sequence ?? long.MaxValue, _lastPurge, nameof(sequence));
        return sequence ?? _lastPurge + 1;
    }

    private void ClearLocked(long number)
    {
        Volatile.Write(ref _clearedAt, number);
        _sweepAt = _entries.Limit;
    }

    private void EndPurgeLocked(long number)
    {
        // After the marks: whoever sees the number sees them.
        Volatile.Write(ref _lastPurge, number);
        SettleLocked();
        WakeMaintenance();
    }

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
