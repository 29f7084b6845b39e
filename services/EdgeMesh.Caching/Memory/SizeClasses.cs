using System.Numerics;

namespace EdgeMesh.Caching.Memory;

/// <summary>The sizes in which a page is cut into slots.</summary>
/// <remarks>
/// Eight sizes for every doubling, so at most an eighth of a slot is slack (a sixteenth on average), from 32 bytes to an eighth
/// of a page; then a quarter, a half and the whole page, which only pieces of large entries use. Immutable.
/// </remarks>
internal sealed class SizeClasses
{
    /// <summary>Slots begin at multiples of this: the unit of a block's reference.</summary>
    public const int UnitBytes = 16;

    private const int MinBytes = 32;
    private const int StepsPerDoubling = 8;
    private readonly int[] _sizes;
    private readonly byte[] _classOfUnits;

    public SizeClasses(int pageBytes)
    {
        PageBytes = pageBytes;
        MaxSlotBytes = pageBytes / 8;
        var sizes = new List<int>();
        for (var size = MinBytes; size < MaxSlotBytes; size += Math.Max(UnitBytes, (1 << BitOperations.Log2((uint)size)) / StepsPerDoubling))
        {
            sizes.Add(size);
        }

        sizes.AddRange([MaxSlotBytes, pageBytes / 4, pageBytes / 2, pageBytes]);
        _sizes = [.. sizes];
        _classOfUnits = new byte[(MaxSlotBytes / UnitBytes) + 1];
        for (int units = 0, at = 0; units < _classOfUnits.Length; units++)
        {
            at += units * UnitBytes > _sizes[at] ? 1 : 0;
            _classOfUnits[units] = (byte)at;
        }
    }

    /// <summary>How many there are.</summary>
    public int Count => _sizes.Length;

    /// <summary>Bytes of a page, a power of two.</summary>
    public int PageBytes { get; }

    /// <summary>The largest slot that an entry of one piece may have.</summary>
    public int MaxSlotBytes { get; }

    /// <summary>The class of whole pages.</summary>
    public int WholePage => _sizes.Length - 1;

    /// <summary>Bytes of a slot of a class.</summary>
    public int SizeOf(int sizeClass) => _sizes[sizeClass];

    /// <summary>How many slots of a class a page has.</summary>
    public int SlotsPerPage(int sizeClass) => PageBytes / _sizes[sizeClass];

    /// <summary>The smallest class of slots that hold so many bytes, at most a page.</summary>
    public int ClassFor(int bytes)
    {
        if (bytes <= MaxSlotBytes)
        {
            return _classOfUnits[(bytes + UnitBytes - 1) / UnitBytes];
        }

        return bytes <= PageBytes / 4 ? WholePage - 2 : bytes <= PageBytes / 2 ? WholePage - 1 : WholePage;
    }
}
