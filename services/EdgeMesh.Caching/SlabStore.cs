using System.Runtime.CompilerServices;
using EdgeMesh.Caching.Eviction;
using EdgeMesh.Caching.Expiry;
using EdgeMesh.Caching.Index;
using EdgeMesh.Caching.Memory;
using EdgeMesh.Caching.Tags;

namespace EdgeMesh.Caching;

/// <summary>The store: entries as bytes in native memory, under one budget that is exact to the byte.</summary>
/// <remarks>
/// <code>
/// Get:  key -> ExtendibleIndex -> block (key compared) -> lifetime, purges -> EvictionPolicy.Hit       no lock, inside an epoch
/// Set:  expired first out -> EvictionPolicy.TryAdmit -> SlabAllocator -> copy -> ExtendibleIndex       under the lock
/// background, in short turns of the lock: TimerWheel, purged tags, a smaller budget, pages to give back
/// </code>
/// All memory is taken from one <see cref="MemoryLedger"/>: pages of slots, index, tables, tags, the policy's own; a page is taken
/// only if it fits. The policy's capacity is what remains for slots, less what cannot be used at the moment: free slots of other
/// sizes (at most a page a size in use), what waits in limbo, and what slow readers still hold of entries that are gone.
/// One lock for all writers: a write takes about a microsecond of it, and there is one budget and one policy for all.
/// Nothing under the lock takes longer the more entries there are. Readers never wait, and write nothing but the entry's two bits
/// of hits and counters of their own. No object per entry. Thread-safe.
/// </remarks>
public sealed unsafe partial class SlabStore : ICacheStore, IDisposable
{
    /// <summary>Frames in managed memory above this are written as a large entry's are.</summary>
    internal const int MaxSmallBytes = 16 * 1024;

    /// <summary>The least budget: below it, a handful of sizes could take all pages.</summary>
    public const long MinCapacityBytes = 1024 * 1024;

    /// <summary>The largest budget: 64 GiB, what references of 32 bits reach in units of 16 bytes.</summary>
    public const long MaxCapacityBytes = PageMemory.MaxBytes;

    // A page is a five-hundredth of the budget, so that free slots of many sizes cannot bind much of it; at least what the
    // system gives back at once, at most what holds the longest key and metadata that a relay takes (64 KiB + 32 KiB).
    private const int PagesPerStore = 512;
    private const int MinPageBytes = 4 * 1024;
    private const int MaxPageBytes = 128 * 1024;

    // What index, tables and policy may grow by in one step, and so must be left over: the largest step is 140 KiB.
    private const long MaxSparedBytes = 256 * 1024;

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly MemoryLedger _ledger;
    private readonly Limbo _limbo = new();
    private readonly PageMemory _memory;
    private readonly SlabAllocator _slabs;
    private readonly NativeTable<EntryRecord> _entries;
    private readonly ExtendibleIndex _index;
    private readonly TagTable _tags;
    private readonly TimerWheel _fresh;
    private readonly TimerWheel _stale;
    private readonly EvictionPolicy _policy;
    private readonly StoreCounters _counters = new();
    private readonly long _startedAt;
    private readonly long _sparedBytes;
    private readonly ITimer _timer;
    private long _lastPurge;
    private long _clearedAt;
    private int _holds;
    private bool _isDisposed;

    /// <summary>Makes an empty store.</summary>
    /// <param name="options">Its budget, and how it behaves.</param>
    /// <param name="time">The clock that entries' timestamps are of.</param>
    /// <exception cref="ArgumentOutOfRangeException">The budget is out of range.</exception>
    public SlabStore(SlabStoreOptions options, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.CapacityBytes, MinCapacityBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.CapacityBytes, MaxCapacityBytes);
        _time = time;
        _startedAt = time.GetTimestamp();
        _ledger = new MemoryLedger(options.CapacityBytes);
        _sparedBytes = Math.Min(MaxSparedBytes, options.CapacityBytes / 8);
        var pageBytes = (int)Math.Clamp(System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)options.CapacityBytes / PagesPerStore), MinPageBytes, MaxPageBytes);
        _memory = new PageMemory(pageBytes, _sparedBytes, _ledger);
        _slabs = new SlabAllocator(_memory, (int)(options.CapacityBytes / pageBytes) + 1, options.PoisonsFreedMemory);
        _entries = new NativeTable<EntryRecord>(_ledger);
        _index = new ExtendibleIndex(_ledger, _limbo);
        _tags = new TagTable(_ledger, _limbo);
        _fresh = new TimerWheel(_entries, slot => ToTick(EntryHead.ReadFreshUntil(Block.Head(BlockOf(slot)))));
        _stale = new TimerWheel(_entries, slot => ToTick(EntryHead.ReadStaleUntil(Block.Head(BlockOf(slot)))));
        _policy = options.CreatePolicy(options.CapacityBytes);
        _ledger.Take(StoreCounters.Bytes);
        UpdateCapacityLocked();
        _timer = time.CreateTimer(_ => Maintain(), null, MaintenancePeriod, MaintenancePeriod);
    }

    /// <inheritdoc/>
    public long Count => _index.Count;

    /// <summary>All memory that the store holds, to the byte. At most <see cref="CapacityBytes"/>, but for a moment after that was lowered.</summary>
    public long ChargedBytes => _ledger.HeldBytes;

    /// <inheritdoc/>
    public long Sequence => Volatile.Read(ref _lastPurge);

    /// <inheritdoc/>
    public CacheHit Get(scoped KeyView key, long now)
    {
        // 1. An entry of this key.
        var reader = ReadEpoch.Enter();
        var match = new KeyMatch(_memory, key.Bytes);
        var reference = _index.Find(key.Hash.Fingerprint, ref match);
        if (reference == 0)
        {
            return Miss(reader);
        }

        // 2. Within its lifetime, and not purged.
        var block = _memory.At(reference);
        var head = Block.Head(block);
        if (now >= EntryHead.ReadStaleUntil(head) || (EntryHead.ReadAsOf(head) < Volatile.Read(ref _lastPurge) && IsPurged(block)))
        {
            return Miss(reader);
        }

        // 3. A hit.
        _policy.Hit((int)Block.Slot(block));
        _counters.CountHit(reader.Index);
        return new CacheHit(this, reader, reference, head, Block.FirstFrames(block), Block.IsLarge(block));
    }

    /// <inheritdoc/>
    public CacheHit Get(CacheKey key, long now) => Get((KeyView)key, now);

    /// <inheritdoc/>
    public bool Remove(CacheKey key)
    {
        lock (_lock)
        {
            var isThere = RemoveKeyLocked(key);
            SettleLocked();
            return isThere;
        }
    }

    /// <summary>Ends the store: from now on every look is a miss. Memory goes back when the last reader has left and the last held entry was let go.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            // Readers inside leave within a copy's time; those who come find nothing.
            Volatile.Write(ref _isDisposed, true);
            _index.Close();
            var closedAt = ReadEpoch.Current;
            var wait = default(SpinWait);
            while (ReadEpoch.Advance() <= closedAt)
            {
                wait.SpinOnce();
            }

            while (_limbo.TryTakeLast(out var retired))
            {
                if (retired.Kind == RetiredKind.IndexSegment)
                {
                    _index.FreeSegment(retired.What);
                }
            }

            _tags.Dispose();
            _entries.Dispose();
            _policy.Dispose();
            if (_holds == 0)
            {
                _memory.Dispose();
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private CacheHit Miss(ReadEpoch.Reader reader)
    {
        _counters.CountMiss(reader.Index);
        reader.Exit();
        return default;
    }

    private bool IsPurged(byte* block)
    {
        var asOf = EntryHead.ReadAsOf(Block.Head(block));
        return asOf < Volatile.Read(ref _clearedAt) || (Block.IsExtended(block) && _tags.IsPurged(Block.Extension(block)->FirstTagLink, asOf));
    }

    private byte* BlockOf(uint slot) => _memory.At(_entries[slot].Block);

    /// <summary>The first whole second of the store's life at or after a timestamp.</summary>
    private long ToTick(long timestamp)
    {
        var elapsed = timestamp - _startedAt;
        return elapsed <= 0 ? 0 : (elapsed / _time.TimestampFrequency) + (elapsed % _time.TimestampFrequency == 0 ? 0 : 1);
    }

    private readonly ref struct KeyMatch(PageMemory memory, ReadOnlySpan<byte> key) : IReferenceMatch
    {
        private readonly ReadOnlySpan<byte> _key = key;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool IsMatch(uint reference) => Block.Key(memory.At(reference)).SequenceEqual(_key);
    }
}
