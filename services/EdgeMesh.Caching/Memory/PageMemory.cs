using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace EdgeMesh.Caching.Memory;

/// <summary>Pages of one size out of large ranges of addresses, taken from the budget and returned to it.</summary>
/// <remarks>
/// A block's reference is its address in units of 16 bytes over all ranges; 0 is none. A free page is kept for the next taker,
/// up to a sixty-fourth of the budget; more are released to the system at once. Belongs to the store's lock, but for
/// <see cref="At"/>, which any reader inside an epoch may call: ranges stay until the end.
/// </remarks>
internal sealed unsafe class PageMemory : IDisposable
{
    private const int RegionShift = 26; // 64 MiB: few enough that their table is small, and nothing of it is touched in advance.
    private const int UnitShift = 4;
    private const int MaxRegions = 1 << (32 + UnitShift - RegionShift);
    private const int KeptShare = 64;

    private readonly MemoryLedger _ledger;
    private readonly byte** _regions;
    private readonly Stack<int> _kept = new();
    private readonly Stack<int> _released = new();
    private readonly long _sparedBytes;
    private readonly int _pageShift;
    private int _regionCount;
    private int _nextPage;

    public PageMemory(int pageBytes, long sparedBytes, MemoryLedger ledger)
    {
        _ledger = ledger;
        PageBytes = pageBytes;
        _sparedBytes = sparedBytes;
        _pageShift = System.Numerics.BitOperations.Log2((uint)pageBytes);
        _regions = (byte**)NativeMemory.AllocZeroed(MaxRegions, (nuint)sizeof(byte*));
        _ledger.Take(TableBytes);

        // Page 0 would begin at reference 0.
        _nextPage = 1;
    }

    /// <summary>The most that references reach.</summary>
    public const long MaxBytes = (long)MaxRegions << RegionShift;

    /// <summary>Bytes of a page.</summary>
    public int PageBytes { get; }

    /// <summary>Free pages that still hold memory.</summary>
    public int KeptPages => _kept.Count;

    /// <summary>Pages that hold memory: handed out, or kept.</summary>
    public int HeldPages => _nextPage - 1 - _released.Count;

    /// <summary>Memory of the table of ranges.</summary>
    public static long TableBytes => (long)MaxRegions * sizeof(byte*);

    /// <summary>Pages ever handed out have numbers below this.</summary>
    public int PageLimit => _nextPage;

    /// <summary>Where a block is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* At(uint reference) => _regions[reference >> (RegionShift - UnitShift)] + ((nuint)(reference & ((1u << (RegionShift - UnitShift)) - 1)) << UnitShift);

    /// <summary>The page that a block is in.</summary>
    public int PageOf(uint reference) => (int)(reference >> (_pageShift - UnitShift));

    /// <summary>The reference of the first block of a page.</summary>
    public uint FirstOf(int page) => (uint)page << (_pageShift - UnitShift);

    /// <summary>Takes a page.</summary>
    /// <returns>0 when the budget, or the system, has none.</returns>
    public int TryTake()
    {
        if (_kept.TryPop(out var page))
        {
            return page;
        }

        if (!_ledger.TryTake(PageBytes, _sparedBytes))
        {
            return 0;
        }

        if (_released.TryPop(out page))
        {
            return page;
        }

        var region = (int)(((long)_nextPage << _pageShift) >> RegionShift);
        if (region >= _regionCount && !TryAddRegion(region))
        {
            _ledger.Take(-PageBytes);
            return 0;
        }

        return _nextPage++;
    }

    /// <summary>Returns a page that nobody reads.</summary>
    public void Return(int page)
    {
        if (_ledger.HeldBytes <= _ledger.CapacityBytes && _kept.Count < Math.Max(2, _ledger.CapacityBytes / KeptShare / PageBytes))
        {
            _kept.Push(page);
            return;
        }

        Release(page);
    }

    /// <summary>Releases kept pages until the ledger is within the budget, with something to spare, or none is left.</summary>
    public void TrimKept(long sparedBytes)
    {
        while (_ledger.HeldBytes + sparedBytes > _ledger.CapacityBytes && _kept.TryPop(out var page))
        {
            Release(page);
        }
    }

    public void Dispose()
    {
        for (var i = 0; i < _regionCount; i++)
        {
            AddressSpace.Free(_regions[i], (nuint)1 << RegionShift);
        }

        NativeMemory.Free(_regions);
    }

    private void Release(int page)
    {
        AddressSpace.Release(At(FirstOf(page)), (nuint)PageBytes);
        _ledger.Take(-PageBytes);
        _released.Push(page);
    }

    private bool TryAddRegion(int region)
    {
        if (region >= MaxRegions)
        {
            return false;
        }

        var at = AddressSpace.TryReserve((nuint)1 << RegionShift);
        if (at is null)
        {
            return false;
        }

        Volatile.Write(ref *(nint*)&_regions[region], (nint)at);
        _regionCount = region + 1;
        return true;
    }
}
