using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using EdgeMesh.Caching.Memory;

namespace EdgeMesh.Caching.Index;

/// <summary>Says whether a reference that an index found is the one that is looked for.</summary>
internal interface IReferenceMatch
{
    bool IsMatch(uint reference);
}

/// <summary>From 32 bits of hash to references of 32 bits, by extendible hashing (Fagin et al. 1979) with cache-line buckets (CCEH, FAST 2019).</summary>
/// <remarks>
/// <code>
/// directory[top bits of the fingerprint] -> segment of 64 buckets -> bucket[low 6 bits], and up to 3 after it -> 8 cells
/// cell: fingerprint (low 32 bits) | reference (high 32 bits);  0: never used;  Tombstone: was used while its bucket was full
/// </code>
/// A full segment is split into two new ones, two sparse neighbours become one; the old are retired. So no insertion ever
/// touches more than 512 cells, and the memory follows the number of entries both ways. Writers hold the store's lock. Readers
/// need only be inside an epoch: an old segment stays what it was, and a reader of it sees the store as it was when it began.
/// A directory is an array of addresses, which the collector does not walk; it doubles by a copy of 8 bytes a segment.
/// </remarks>
internal sealed unsafe class ExtendibleIndex : IDisposable
{
    private const int BucketCells = 8; // 64 bytes: a cache line.
    private const int Buckets = 64;
    private const int ProbeBuckets = 4;
    private const int Cells = BucketCells * Buckets;
    private const int HeaderBytes = 64;
    /// <summary>Bytes of a segment.</summary>
    public const int SegmentBytes = HeaderBytes + (Cells * sizeof(ulong));
    private const int MaxDepth = 24; // Above it, the top bits would reach the low ones that choose the bucket.
    private const ulong Tombstone = 0x00000000FFFFFFFF;

    // Split at 7/8: beyond, probes get long and windows fill. Merge well below a half, so that the two do not take turns.
    private const int SplitAt = Cells * 7 / 8;
    private const int MergeBelow = Cells * 3 / 8;

    // For readers that come after the end; never freed.
    private static readonly nint[] Closed = MakeClosed();

    private readonly MemoryLedger _ledger;
    private readonly Limbo _limbo;
    private nint[] _directory;

    public ExtendibleIndex(MemoryLedger ledger, Limbo limbo)
    {
        _ledger = ledger;
        _limbo = limbo;
        _directory = [(nint)NewSegment(1), (nint)NewSegment(1)];
        _ledger.Take(DirectoryBytes);
    }

    /// <summary>References in it.</summary>
    public long Count { get; private set; }

    /// <summary>Bytes of segments, without those in limbo, and of the directory.</summary>
    public long Bytes => (SegmentCount * SegmentBytes) + DirectoryBytes;

    private long SegmentCount { get; set; }

    private long DirectoryBytes => (long)_directory.Length * sizeof(nint);

    /// <summary>Finds a reference.</summary>
    /// <returns>0 when there is none.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Find<TMatch>(uint fingerprint, ref TMatch match)
        where TMatch : struct, IReferenceMatch, allows ref struct
    {
        var directory = Volatile.Read(ref _directory);
        var segment = (byte*)Volatile.Read(ref directory[fingerprint >> (32 - BitOperations.Log2((uint)directory.Length))]);
        var wanted = Vector256.Create(fingerprint);
        for (uint probe = 0; probe < ProbeBuckets; probe++)
        {
            var bucket = (ulong*)(segment + HeaderBytes) + (((fingerprint + probe) % Buckets) * BucketCells);
            var low = Vector256.Load((uint*)bucket);
            var high = Vector256.Load((uint*)bucket + 8);

            // Even lanes are fingerprints, odd ones references.
            var candidates = (Vector256.Equals(low, wanted).ExtractMostSignificantBits() | (Vector256.Equals(high, wanted).ExtractMostSignificantBits() << 8)) & 0x5555;
            for (; candidates != 0; candidates &= candidates - 1)
            {
                var cell = Volatile.Read(ref bucket[BitOperations.TrailingZeroCount(candidates) / 2]);
                var reference = (uint)(cell >> 32);
                if ((uint)cell == fingerprint && reference != 0 && match.IsMatch(reference))
                {
                    return reference;
                }
            }

            if (Vector256.EqualsAny(low.AsUInt64(), Vector256<ulong>.Zero) || Vector256.EqualsAny(high.AsUInt64(), Vector256<ulong>.Zero))
            {
                return 0;
            }
        }

        return 0;
    }

    /// <summary>Has the processor fetch where a fingerprint is about to be put in or taken out.</summary>
    public void Prefetch(uint fingerprint)
    {
        if (Sse.IsSupported)
        {
            var segment = SegmentOf(fingerprint);
            Sse.Prefetch0(segment);
            Sse.Prefetch0(BucketOf(segment, fingerprint, probe: 0));
        }
    }

    /// <summary>Adds a reference.</summary>
    /// <returns>False when too many share one fingerprint: with a keyed hash, never seen.</returns>
    public bool TryAdd(uint fingerprint, uint reference)
    {
        while (true)
        {
            var segment = SegmentOf(fingerprint);
            if (((SegmentHeader*)segment)->Count < SplitAt && TryPlace(segment, fingerprint, reference))
            {
                Count++;
                return true;
            }

            if (!TrySplit(fingerprint, segment))
            {
                return false;
            }
        }
    }

    /// <summary>Puts another reference in the place of one.</summary>
    public void Replace(uint fingerprint, uint reference, uint by) => Volatile.Write(ref *CellOf(fingerprint, reference), Cell(fingerprint, by));

    /// <summary>Takes a reference out.</summary>
    public void Remove(uint fingerprint, uint reference)
    {
        var cell = CellOf(fingerprint, reference);
        var bucket = (ulong*)((nuint)cell & ~(nuint)63);
        Volatile.Write(ref *cell, new ReadOnlySpan<ulong>(bucket, BucketCells).Contains(0UL) ? 0 : Tombstone);
        Count--;
        var segment = SegmentOf(fingerprint);
        if (--((SegmentHeader*)segment)->Count < MergeBelow / 2)
        {
            TryMerge(fingerprint, segment);
        }
    }

    /// <summary>Frees a segment that nobody reads.</summary>
    public void FreeSegment(nint segment)
    {
        NativeMemory.AlignedFree((void*)segment);
        _ledger.Take(-SegmentBytes);
    }

    /// <summary>Walks every cell.</summary>
    /// <exception cref="InvalidOperationException">Counts do not agree.</exception>
    public void CheckInvariants(Action<uint, uint> eachFingerprintAndReference)
    {
        long total = 0;
        var segments = 0;
        nint previous = 0;
        foreach (var segment in _directory)
        {
            if (segment == previous)
            {
                continue;
            }

            previous = segment;
            segments++;
            var live = 0;
            for (var i = 0; i < Cells; i++)
            {
                var cell = ((ulong*)((byte*)segment + HeaderBytes))[i];
                if (cell >> 32 != 0)
                {
                    live++;
                    Invariant.Holds(SegmentOf((uint)cell) == (byte*)segment, "the segment of a cell", (uint)cell, i);
                    Invariant.Holds(CellOf((uint)cell, (uint)(cell >> 32)) != null, "a cell out of its window", (uint)cell, i);
                    eachFingerprintAndReference((uint)cell, (uint)(cell >> 32));
                }
            }

            Invariant.Holds(live == ((SegmentHeader*)segment)->Count, "live cells of a segment", ((SegmentHeader*)segment)->Count, live);
            total += live;
        }

        Invariant.Holds(total == Count, "references in the index", Count, total);
        Invariant.Holds(segments == SegmentCount, "segments of the index", SegmentCount, segments);
    }

    /// <summary>Ends the index: whoever looks finds nothing. Those who look already may go on; their segments go to limbo.</summary>
    public void Close()
    {
        var directory = _directory;
        Volatile.Write(ref _directory, Closed);
        nint previous = 0;
        foreach (var segment in directory)
        {
            if (segment != previous)
            {
                _limbo.AddSegment(segment);
            }

            previous = segment;
        }

        SegmentCount = 0;
        Count = 0;
    }

    /// <summary>Frees everything. Nobody may be looking.</summary>
    public void Dispose()
    {
        nint previous = 0;
        foreach (var segment in _directory)
        {
            if (segment != previous && segment != Closed[0])
            {
                NativeMemory.AlignedFree((void*)segment);
            }

            previous = segment;
        }
    }

    private static nint[] MakeClosed()
    {
        var segment = NativeMemory.AlignedAlloc(SegmentBytes, HeaderBytes);
        NativeMemory.Clear(segment, SegmentBytes);
        return [(nint)segment, (nint)segment];
    }

    private static ulong Cell(uint fingerprint, uint reference) => ((ulong)reference << 32) | fingerprint;

    private static ulong* BucketOf(byte* segment, uint fingerprint, int probe) => (ulong*)(segment + HeaderBytes) + (((fingerprint + (uint)probe) % Buckets) * BucketCells);

    private static bool TryPlace(byte* segment, uint fingerprint, uint reference)
    {
        for (var probe = 0; probe < ProbeBuckets; probe++)
        {
            var bucket = BucketOf(segment, fingerprint, probe);
            for (var i = 0; i < BucketCells; i++)
            {
                if (bucket[i] >> 32 == 0)
                {
                    Volatile.Write(ref bucket[i], Cell(fingerprint, reference));
                    ((SegmentHeader*)segment)->Count++;
                    return true;
                }
            }
        }

        return false;
    }

    private byte* SegmentOf(uint fingerprint) => (byte*)_directory[fingerprint >> (32 - BitOperations.Log2((uint)_directory.Length))];

    private ulong* CellOf(uint fingerprint, uint reference)
    {
        var segment = SegmentOf(fingerprint);
        var wanted = Cell(fingerprint, reference);
        for (var probe = 0; probe < ProbeBuckets; probe++)
        {
            var bucket = BucketOf(segment, fingerprint, probe);
            for (var i = 0; i < BucketCells; i++)
            {
                if (bucket[i] == wanted)
                {
                    return &bucket[i];
                }
            }
        }

        throw new InvalidOperationException("the index does not hold a reference that the store took for held");
    }

    private bool TrySplit(uint fingerprint, byte* segment)
    {
        // 1. Two segments for one, by the next bit.
        var depth = ((SegmentHeader*)segment)->Depth;
        if (depth == MaxDepth)
        {
            return false;
        }

        var zero = NewSegment(depth + 1);
        var one = NewSegment(depth + 1);
        if (!TryCopy(segment, zero, one, 31 - depth))
        {
            FreeUnused(zero);
            FreeUnused(one);
            return false;
        }

        // 2. A directory that tells them apart, and in it the two.
        if (1 << depth == _directory.Length)
        {
            _ledger.Take(DirectoryBytes);
            var doubled = new nint[_directory.Length * 2];
            for (var i = 0; i < doubled.Length; i++)
            {
                doubled[i] = _directory[i / 2];
            }

            Volatile.Write(ref _directory, doubled);
        }

        var range = _directory.Length >> depth;
        var first = (int)(fingerprint >> (32 - depth)) * range;
        for (var i = 0; i < range; i++)
        {
            Volatile.Write(ref _directory[first + i], (nint)(i < range / 2 ? zero : one));
        }

        Retire(segment);
        return true;
    }

    private void TryMerge(uint fingerprint, byte* segment)
    {
        // 1. Its neighbour, if that was split from the same.
        var depth = ((SegmentHeader*)segment)->Depth;
        var range = _directory.Length >> depth;
        var prefix = (int)(fingerprint >> (32 - depth));
        var neighbour = (byte*)_directory[(prefix ^ 1) * range];
        if (depth == 1 || ((SegmentHeader*)neighbour)->Depth != depth || ((SegmentHeader*)neighbour)->Count + ((SegmentHeader*)segment)->Count > MergeBelow)
        {
            return;
        }

        // 2. One for the two.
        var merged = NewSegment(depth - 1);
        if (!TryCopy(segment, merged, merged, 0) || !TryCopy(neighbour, merged, merged, 0))
        {
            FreeUnused(merged);
            return;
        }

        var first = (prefix & ~1) * range;
        for (var i = 0; i < 2 * range; i++)
        {
            Volatile.Write(ref _directory[first + i], (nint)merged);
        }

        Retire(segment);
        Retire(neighbour);
    }

    private static bool TryCopy(byte* from, byte* zero, byte* one, int bit)
    {
        for (var i = 0; i < Cells; i++)
        {
            var cell = ((ulong*)(from + HeaderBytes))[i];
            if (cell >> 32 != 0 && !TryPlace((((uint)cell >> bit) & 1) == 0 ? zero : one, (uint)cell, (uint)(cell >> 32)))
            {
                return false;
            }
        }

        return true;
    }

    private byte* NewSegment(int depth)
    {
        var segment = (byte*)NativeMemory.AlignedAlloc(SegmentBytes, HeaderBytes);
        NativeMemory.Clear(segment, SegmentBytes);
        ((SegmentHeader*)segment)->Depth = depth;
        _ledger.Take(SegmentBytes);
        SegmentCount++;
        return segment;
    }

    private void FreeUnused(byte* segment)
    {
        SegmentCount--;
        FreeSegment((nint)segment);
    }

    private void Retire(byte* segment)
    {
        SegmentCount--;
        _limbo.AddSegment((nint)segment);
    }

    private struct SegmentHeader
    {
        public int Depth;
        public int Count;
    }
}
