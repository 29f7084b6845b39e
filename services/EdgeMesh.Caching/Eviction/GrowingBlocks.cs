using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace EdgeMesh.Caching.Eviction;

/// <summary>A hash table's blocks of 64 bytes, a cache line each, of which there may be one more at any time.</summary>
/// <remarks>
/// Linear hashing (Litwin, VLDB 1980): block b of a table of n blocks belongs to all hashes whose low bits are b; <see cref="Add"/> splits one block,
/// so no growth ever touches more than two. The arrays are pinned, so that a block is one cache line and stays one. Whoever owns the blocks says what becomes of a split block's content. Not thread-safe.
/// </remarks>
internal sealed unsafe class GrowingBlocks
{
    /// <summary>Words of 64 bits in a block.</summary>
    public const int BlockWords = 8;

    /// <summary>Bytes of a block.</summary>
    public const int BlockBytes = BlockWords * sizeof(ulong);

    // Blocks in one array: 16 KiB.
    private const int ChunkBits = 8;
    private const int ChunkBlocks = 1 << ChunkBits;

    // Room to begin at a cache line: arrays begin at any multiple of 8 bytes.
    private const int ChunkBytes = (ChunkBlocks * BlockBytes) + BlockBytes;

    private byte[][] _chunks = [];
    private nint[] _firstBlocks = [];
    private int _chunkCount;
    private uint _mask;

    /// <summary>Makes zeroed blocks.</summary>
    /// <param name="count">At least 1.</param>
    public GrowingBlocks(int count)
    {
        for (var i = 0; i < count; i++)
        {
            Add();
        }
    }

    /// <summary>Blocks there are.</summary>
    public int Count { get; private set; }

    /// <summary>Memory of the arrays.</summary>
    public long OverheadBytes => (long)_chunkCount * ChunkBytes;

    /// <summary>The words of a block.</summary>
    public Span<ulong> this[int block]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new((void*)AddressOf(block), BlockWords);
    }

    /// <summary>Has the processor fetch the block of a hash that is about to be looked at.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(uint hash)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0((void*)AddressOf(IndexOf(hash)));
        }
    }

    /// <summary>The block that a hash belongs to.</summary>
    public int IndexOf(uint hash)
    {
        var index = hash & _mask;
        return (int)(index < (uint)Count ? index : index & (_mask >> 1));
    }

    /// <summary>Adds a zeroed block.</summary>
    /// <returns>The block that was split: some of its hashes belong to the new, last one now.</returns>
    public int Add()
    {
        if (Count >> ChunkBits == _chunkCount)
        {
            if (_chunkCount == _chunks.Length)
            {
                Array.Resize(ref _chunks, Math.Max(4, 2 * _chunkCount));
                Array.Resize(ref _firstBlocks, _chunks.Length);
            }

            var chunk = GC.AllocateArray<byte>(ChunkBytes, pinned: true);
            _chunks[_chunkCount] = chunk;
            _firstBlocks[_chunkCount++] = ((nint)Unsafe.AsPointer(ref chunk[0]) + BlockBytes - 1) & ~(BlockBytes - 1);
        }

        var added = Count++;
        _mask = (uint)(BitOperations.RoundUpToPowerOf2((ulong)Count) - 1);
        return (int)(added & (_mask >> 1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private nint AddressOf(int block) => _firstBlocks[block >> ChunkBits] + ((block & (ChunkBlocks - 1)) * BlockBytes);
}
