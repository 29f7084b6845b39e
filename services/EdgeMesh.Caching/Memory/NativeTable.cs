using System.Runtime.CompilerServices;

namespace EdgeMesh.Caching.Memory;

/// <summary>Records by number, in native memory.</summary>
/// <remarks>
/// Numbers are dense, from 1, and used again; 0 is none. Grows by chunks, so no growth copies what is there. A free record holds
/// the next free number in its first four bytes and zeros after them. Belongs to the store's lock; inside an epoch anyone may
/// read records up to <see cref="Limit"/>.
/// </remarks>
internal sealed unsafe class NativeTable<T>(MemoryLedger ledger) : IDisposable
    where T : unmanaged
{
    private const int ChunkShift = 10; // About 12 to 40 KiB: little in the smallest store, and few chunks in the largest.
    private const int ChunkRecords = 1 << ChunkShift;

    private NativeChunks _chunks = new(ChunkRecords * sizeof(T));
    private uint _freeHead;
    private uint _limit = 1;

    /// <summary>All numbers are below this.</summary>
    public uint Limit => Volatile.Read(ref _limit);

    /// <summary>Numbers in use.</summary>
    public int Count { get; private set; }

    /// <summary>Memory of the table.</summary>
    public long Bytes => _chunks.Bytes;

    /// <summary>The record of a number.</summary>
    public ref T this[uint number]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref ((T*)_chunks[(int)(number >> ChunkShift)])[number & (ChunkRecords - 1)];
    }

    /// <summary>Takes a number, its record all zeros.</summary>
    public uint Take()
    {
        Count++;
        if (_freeHead != 0)
        {
            var free = _freeHead;
            _freeHead = Unsafe.As<T, uint>(ref this[free]);
            this[free] = default;
            return free;
        }

        if (_limit >> ChunkShift >= _chunks.Count)
        {
            var before = Bytes;
            _chunks.Add();
            ledger.Take(Bytes - before);
        }

        var number = _limit;
        Volatile.Write(ref _limit, _limit + 1);
        return number;
    }

    /// <summary>Returns a number.</summary>
    public void Return(uint number)
    {
        Count--;
        this[number] = default;
        Unsafe.As<T, uint>(ref this[number]) = _freeHead;
        _freeHead = number;
    }

    public void Dispose() => _chunks.Dispose();
}

/// <summary>What is kept of an entry outside its block.</summary>
internal struct EntryRecord
{
    /// <summary>In <see cref="Block"/>: pushed out before it was published.</summary>
    public const uint Cancelled = 0xFFFFFFFF;

    /// <summary>The next in its bucket of the timer wheel.</summary>
    public uint Next;

    /// <summary>The one before it, or the bucket itself; before the entry is published, its first piece.</summary>
    public uint Previous;

    /// <summary>Reference of its first piece; 0: not published.</summary>
    public uint Block;

    /// <summary>Whether a reference to a published block stands here.</summary>
    public readonly bool IsPublished => Block is not 0 and not Cancelled;
}
