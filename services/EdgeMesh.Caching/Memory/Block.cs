using System.Runtime.CompilerServices;

namespace EdgeMesh.Caching.Memory;

/// <summary>How an entry lies in native memory.</summary>
/// <remarks>
/// <code>
/// one slot:   header 16 | [extension 16] | key | head | frames                      when it has tags or more pieces: with extension
/// pieces:     header 16 |  extension 16  | key | head | frames, first part  -->  piece header 8 | frames, next part  --> ...
/// </code>
/// Key and head lie in the first piece whole. All is written before the block is published, and does not change after, but for
/// <see cref="BlockExtension.Holds"/> (interlocked), the links of pieces (only while nobody holds the entry, under the lock), and the times of an
/// entry that a soft purge makes stale (under the lock).
/// </remarks>
internal static unsafe class Block
{
    /// <summary>First word of a free slot.</summary>
    public const uint FreeMark = 0xFFFFFFFF;

    /// <summary>Set in the first word of a piece that is not the first; the rest is the entry's number.</summary>
    public const uint PieceBit = 0x80000000;

    /// <summary>Set in the first word of an entry that waits in the wheel of stale ones.</summary>
    public const uint StaleBit = 0x40000000;

    /// <summary>Set in <see cref="BlockExtension.Holds"/> when the entry was taken out: nobody may hold it any more.</summary>
    public const int DeadBit = unchecked((int)0x80000000);

    /// <summary>Set in <see cref="BlockExtension.Holds"/> while a piece moves: whoever would hold it waits.</summary>
    public const int MovingBit = 0x40000000;

    private const uint ExtendedBit = 0x80000000;

    /// <summary>The entry's number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Slot(byte* block) => ((BlockHeader*)block)->Slot & ~StaleBit;

    /// <summary>Whether it waits in the wheel of stale ones.</summary>
    public static bool IsStale(byte* block) => (((BlockHeader*)block)->Slot & StaleBit) != 0;

    public static int OffsetOfKey(bool isExtended) => sizeof(BlockHeader) + (isExtended ? sizeof(BlockExtension) : 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsExtended(byte* block) => (((BlockHeader*)block)->KeyWord & ExtendedBit) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> Key(byte* block)
    {
        var word = ((BlockHeader*)block)->KeyWord;
        return new ReadOnlySpan<byte>(block + sizeof(BlockHeader) + (int)((word & ExtendedBit) >> 27), (int)(word & ~ExtendedBit));
    }

    /// <summary>The head: <see cref="EntryHead"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> Head(byte* block)
    {
        var word = ((BlockHeader*)block)->KeyWord;
        return new ReadOnlySpan<byte>(block + sizeof(BlockHeader) + (int)((word & ExtendedBit) >> 27) + (int)(word & ~ExtendedBit), (int)((BlockHeader*)block)->HeadBytes);
    }

    /// <summary>Where the head begins.</summary>
    public static int OffsetOfHead(byte* block) => OffsetOfKey(IsExtended(block)) + (int)(((BlockHeader*)block)->KeyWord & ~ExtendedBit);

    /// <summary>Frames that lie in the first piece: all of them, unless there are more pieces.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> FirstFrames(byte* block)
    {
        var header = (BlockHeader*)block;
        var word = header->KeyWord;
        var isExtended = (word & ExtendedBit) != 0;
        var at = block + sizeof(BlockHeader) + (isExtended ? sizeof(BlockExtension) : 0) + (int)(word & ~ExtendedBit) + (int)header->HeadBytes;
        return new ReadOnlySpan<byte>(at, (int)(isExtended ? Extension(block)->FirstFramesBytes : header->FramesBytes));
    }

    public static BlockExtension* Extension(byte* block) => (BlockExtension*)(block + sizeof(BlockHeader));

    /// <summary>The reference of the next piece of an entry, by its first; 0: there is none.</summary>
    public static uint NextOfFirst(byte* block) => IsExtended(block) ? Extension(block)->NextPiece : 0;

    /// <summary>Whether it has more pieces than one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsLarge(byte* block) => IsExtended(block) && Extension(block)->NextPiece != 0;

    /// <summary>Writes the header of a first piece.</summary>
    public static void WriteHeader(byte* block, uint slot, bool isExtended, int keyBytes, int headBytes, int framesBytes) =>
        *(BlockHeader*)block = new BlockHeader { Slot = slot, KeyWord = (uint)keyBytes | (isExtended ? ExtendedBit : 0), HeadBytes = (uint)headBytes, FramesBytes = (uint)framesBytes };
}

/// <summary>Begins the first piece of an entry.</summary>
internal struct BlockHeader
{
    /// <summary>The entry's number, and <see cref="Block.StaleBit"/>.</summary>
    public uint Slot;

    /// <summary>Length of the key in bytes; the highest bit says that an extension follows.</summary>
    public uint KeyWord;

    /// <summary>Length of the head in bytes.</summary>
    public uint HeadBytes;

    /// <summary>Length of the frames in bytes, over all pieces.</summary>
    public uint FramesBytes;
}

/// <summary>Follows the header of an entry that has tags or more pieces.</summary>
internal struct BlockExtension
{
    /// <summary>How many readers hold the entry, and the bits of <see cref="Block"/>.</summary>
    public int Holds;

    /// <summary>The second piece; 0: none.</summary>
    public uint NextPiece;

    /// <summary>The first of its links to tags; 0: none.</summary>
    public uint FirstTagLink;

    /// <summary>Frames in the first piece.</summary>
    public uint FirstFramesBytes;
}

/// <summary>Begins every other piece.</summary>
internal struct PieceHeader
{
    /// <summary>The entry's number with <see cref="Block.PieceBit"/>.</summary>
    public uint Owner;

    /// <summary>The next piece; 0: none.</summary>
    public uint Next;
}
