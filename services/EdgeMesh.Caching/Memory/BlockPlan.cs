namespace EdgeMesh.Caching.Memory;

/// <summary>Which slots an entry takes.</summary>
/// <param name="IsExtended">Whether the header has an extension.</param>
/// <param name="FirstClass">Class of the first piece's slot.</param>
/// <param name="FirstFramesBytes">Frames that lie in it.</param>
/// <param name="FramesBytes">All frames.</param>
/// <param name="ChargedBytes">Sum of all its slots.</param>
/// <remarks>
/// A large entry is cut into the largest pieces that it fills: whole pages, then at most one each of a half, a quarter and an eighth of a page, and
/// a rest in a slot of its size. So its slack is that of the rest.
/// </remarks>
internal readonly unsafe record struct BlockPlan(bool IsExtended, int FirstClass, int FirstFramesBytes, int FramesBytes, long ChargedBytes)
{
    /// <summary>Whether there are more pieces than one.</summary>
    public bool IsLarge => FirstFramesBytes < FramesBytes;

    /// <summary>Plans an entry.</summary>
    /// <returns>Null when key and head do not fit into a page.</returns>
    public static BlockPlan? TryMake(SizeClasses sizes, int keyBytes, int headBytes, int framesBytes, bool hasTags)
    {
        var bytes = Block.OffsetOfKey(hasTags) + (long)keyBytes + headBytes;
        if (bytes + framesBytes <= sizes.MaxSlotBytes)
        {
            var single = sizes.ClassFor((int)bytes + framesBytes);
            return new BlockPlan(hasTags, single, framesBytes, framesBytes, sizes.SizeOf(single));
        }

        bytes = Block.OffsetOfKey(isExtended: true) + (long)keyBytes + headBytes;
        if (bytes > sizes.PageBytes)
        {
            return null;
        }

        var first = Math.Max(LargestFilledBy(sizes, bytes + framesBytes), sizes.ClassFor((int)bytes));
        var inFirst = (int)Math.Min(framesBytes, sizes.SizeOf(first) - bytes);
        long charged = sizes.SizeOf(first);
        for (var rest = framesBytes - inFirst; rest > 0; rest -= NextBytes(sizes, rest))
        {
            charged += sizes.SizeOf(NextClass(sizes, rest));
        }

        return new BlockPlan(true, first, inFirst, framesBytes, charged);
    }

    /// <summary>Class of the piece that holds the next of so many bytes.</summary>
    public static int NextClass(SizeClasses sizes, int restBytes) =>
        restBytes + sizeof(PieceHeader) <= sizes.MaxSlotBytes ? sizes.ClassFor(restBytes + sizeof(PieceHeader)) : LargestFilledBy(sizes, restBytes + (long)sizeof(PieceHeader));

    /// <summary>How many of so many bytes the next piece holds.</summary>
    public static int NextBytes(SizeClasses sizes, int restBytes) => Math.Min(restBytes, sizes.SizeOf(NextClass(sizes, restBytes)) - sizeof(PieceHeader));

    private static int LargestFilledBy(SizeClasses sizes, long bytes)
    {
        var found = sizes.WholePage;
        while (found > sizes.WholePage - 3 && sizes.SizeOf(found) > bytes)
        {
            found--;
        }

        return found;
    }
}
