using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using EdgeMesh.Caching.Memory;

namespace EdgeMesh.Caching.Eviction;

/// <summary>A hash table's blocks of 64 bytes, a cache line each, of which there may be one more at any time.</summary>
/// <remarks>
/// Linear hashing (Litwin, VLDB 1980): block b of a table of n blocks belongs to all hashes whose low bits are b; <see cref="Add"/> splits one block,
/// so no growth ever touches more than two. Whoever owns the blocks says what becomes of a split block's content. Not thread-safe.
/// </remarks>
internal sealed unsafe class GrowingBlocks : IDisposable
{
    /// <summary>Words of 64 bits in a block.</summary>
    public const int BlockWords = 8;

    /// <summary>Bytes of a block.</summary>
    public const int BlockBytes = BlockWords * sizeof(ulong);

    private const int ChunkBits = 8; // 16 KiB: little for a small cache, and few chunks for a large one.
    private const int ChunkBlocks = 1 << ChunkBits;

    private NativeChunks _chunks = new(ChunkBlocks * BlockBytes);
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

    /// <summary>Memory of the blocks.</summary>
    public long OverheadBytes => _chunks.Bytes;

    /// <summary>The words of a block.</summary>
    public Span<ulong> this[int block]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(AddressOf(block), BlockWords);
    }

    /// <summary>Has the processor fetch the block of a hash that is about to be looked at.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(uint hash)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(AddressOf(IndexOf(hash)));
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
        if (Count >> ChunkBits == _chunks.Count)
        {
            _chunks.Add();
        }

        var added = Count++;
        _mask = (uint)(BitOperations.RoundUpToPowerOf2((ulong)Count) - 1);
        return (int)(added & (_mask >> 1));
    }

    /// <inheritdoc/>
    public void Dispose() => _chunks.Dispose();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* AddressOf(int block) => _chunks[block >> ChunkBits] + ((block & (ChunkBlocks - 1)) * BlockBytes);
}
