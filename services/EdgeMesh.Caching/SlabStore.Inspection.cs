using EdgeMesh.Caching.Memory;

namespace EdgeMesh.Caching;

// What can be seen from outside.
public sealed unsafe partial class SlabStore
{
    private readonly long[] _outcomes = new long[Enum.GetValues<StoreOutcome>().Length];
    private long _evictions;
    private long _expirations;
    private long _purged;

    /// <summary>What the store holds and has counted. Stops nobody; the figures may be of neighbouring moments.</summary>
    public StoreStatistics GetStatistics() => new()
    {
        Entries = Count,
        ChargedBytes = ChargedBytes,
        CapacityBytes = _ledger.CapacityBytes,
        PeakOvershootBytes = _ledger.PeakBytes,
        SlotBytes = _policy.UsedBytes,
        WaitingBytes = _limbo.Bytes,
        OrphanBytes = _orphanBytes,
        IndexBytes = _index.Bytes,
        EntryTableBytes = _entries.Bytes,
        TagBytes = _tags.Bytes,
        PolicyBytes = _policy.OverheadBytes,
        Hits = _counters.Hits,
        Misses = _counters.Misses,
        Evictions = _evictions,
        Expirations = _expirations,
        Purged = _purged,
        Outcomes = [.. _outcomes],
    };

    /// <summary>Goes over the entries, each as it is when it is reached; what comes or goes meanwhile may or may not be seen. Stops nobody.</summary>
    public IEnumerable<StoredEntry> Enumerate()
    {
        for (uint slot = 1; slot < _entries.Limit; slot++)
        {
            if (TryRead(slot) is { } entry)
            {
                yield return entry;
            }
        }
    }

    /// <summary>Walks all parts, with the lock held, and compares them with one another.</summary>
    /// <exception cref="InvalidOperationException">They do not agree: a defect.</exception>
    internal void CheckInvariants()
    {
        lock (_lock)
        {
            // 1. Every reference of the index is an entry, under its key's hash.
            long links = 0, bytes = 0, published = 0;
            _index.CheckInvariants((fingerprint, reference) =>
            {
                var block = _memory.At(reference);
                Invariant.Holds(_entries[Block.Slot(block)].Block == reference, "where an entry lies", _entries[Block.Slot(block)].Block, reference);
                Invariant.Holds(KeyHash.Compute(Block.Key(block)).Fingerprint == fingerprint, "the hash of a key", fingerprint, reference);
                links += Block.IsExtended(block) ? _tags.CountLinks(Block.Extension(block)->FirstTagLink) : 0;
                bytes += BytesOf(reference);
                published++;
            });

            // 2. Each is in the one wheel that it should be in, and in the lists of its tags.
            var inWheels = 0L;
            _fresh.CheckInvariants(slot => inWheels += CheckWheel(slot, isStale: false));
            _stale.CheckInvariants(slot => inWheels += CheckWheel(slot, isStale: true));
            Invariant.Holds(inWheels == published, "entries in the timer wheels", published, inWheels);
            _tags.CheckInvariants(links);

            // 3. The policy knows the same entries, at the same bytes; slots are theirs, or wait.
            Invariant.Holds(_entries.Count == published + _pending, "entries in the table", _entries.Count, published + _pending);
            Invariant.Holds(_policy.Count == published || _pending > 0, "entries of the policy", _policy.Count, published);
            Invariant.Holds(_policy.UsedBytes == bytes || _pending > 0, "bytes of the policy", _policy.UsedBytes, bytes);
            _slabs.CheckInvariants();
            var used = bytes + _limbo.Bytes + _orphanBytes;
            Invariant.Holds(_slabs.UsedBytes == used || _pending > 0, "bytes of slots", _slabs.UsedBytes, used);

            // 4. The ledger is the sum of all parts.
            Invariant.Holds(_slabs.OwnedPages + _memory.KeptPages == _memory.HeldPages, "pages", _memory.HeldPages, _slabs.OwnedPages + _memory.KeptPages);
            var held = ((long)_memory.HeldPages * _memory.PageBytes) + PageMemory.TableBytes + StoreCounters.Bytes + _entries.Bytes + _index.Bytes + _tags.Bytes
                + ((long)_limbo.Segments * Index.ExtendibleIndex.SegmentBytes) + _policyBytes + _slabBytes;
            Invariant.Holds(held == _ledger.HeldBytes, "memory held", _ledger.HeldBytes, held);
        }
    }

    private int CheckWheel(uint slot, bool isStale)
    {
        Invariant.Holds(_entries[slot].IsPublished && Block.IsStale(BlockOf(slot)) == isStale, "the wheel of an entry", slot, _entries[slot].Block);
        return 1;
    }

    private StoredEntry? TryRead(uint slot)
    {
        var reader = ReadEpoch.Enter();
        try
        {
            // The end of the store waits for who is inside, and frees the table then.
            var reference = Volatile.Read(ref _isDisposed) ? 0 : Volatile.Read(ref _entries[slot].Block);
            if (reference is 0 or EntryRecord.Cancelled)
            {
                return null;
            }

            var block = _memory.At(reference);
            var head = Block.Head(block);
            return new StoredEntry(Block.Key(block).ToArray(), ((BlockHeader*)block)->FramesBytes, EntryHead.ReadFreshUntil(head), EntryHead.ReadStaleUntil(head), EntryHead.ReadAsOf(head));
        }
        finally
        {
            reader.Exit();
        }
    }
}

/// <summary>An entry as an enumeration saw it.</summary>
/// <param name="Key">A copy of its key.</param>
/// <param name="FramesBytes">Length of its frames in bytes.</param>
/// <param name="FreshUntil">The timestamp from which it is stale.</param>
/// <param name="StaleUntil">The timestamp from which it must not be used at all.</param>
/// <param name="AsOf">The purge sequence that had been applied when it was asked for.</param>
public sealed record StoredEntry(byte[] Key, long FramesBytes, long FreshUntil, long StaleUntil, long AsOf);
