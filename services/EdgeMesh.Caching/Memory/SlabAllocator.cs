namespace EdgeMesh.Caching.Memory;

/// <summary>Slots out of pages, a page of one size class each.</summary>
/// <remarks>
/// Free slots of a class are as good as one another, so whenever a class has a page's worth of them, the entries of its emptiest
/// page can move into the others and the page can serve another class: at most (classes in use) pages of free slots are ever
/// stuck. <see cref="PickSparsePage"/> names that page; the owner of the entries moves them. Belongs to the store's lock.
/// A free slot holds <see cref="Block.FreeMark"/> and the next free one; with poison, the rest of it is <see cref="PoisonByte"/>,
/// and a slot that was written while it was free is found when it is taken again.
/// </remarks>
internal sealed unsafe class SlabAllocator
{
    /// <summary>What freed memory is filled with in the debug mode.</summary>
    public const byte PoisonByte = 0xDB;

    // Candidates looked at per search: the emptiest of a few is nearly as good as the emptiest of all.
    private const int SearchPages = 32;
    private const int UnitBytes = SizeClasses.UnitBytes;

    private readonly PageMemory _memory;
    private readonly ClassState[] _classes;
    private readonly bool _poisons;
    private Page[] _pages;

    public SlabAllocator(PageMemory memory, int pages, bool poisons)
    {
        _memory = memory;
        _poisons = poisons;
        _pages = new Page[pages];
        Sizes = new SizeClasses(memory.PageBytes);
        _classes = new ClassState[Sizes.Count];
        for (var i = 0; i < _classes.Length; i++)
        {
            _classes[i].SlotsPerPage = Sizes.SlotsPerPage(i);
            _classes[i].SlotUnits = Sizes.SizeOf(i) / UnitBytes;
        }
    }

    /// <summary>The sizes of slots.</summary>
    public SizeClasses Sizes { get; }

    /// <summary>Bytes of slots that are not free.</summary>
    public long UsedBytes { get; private set; }

    /// <summary>Classes that own a page.</summary>
    public int ClassesInUse { get; private set; }

    /// <summary>Bytes of what the allocator itself keeps per page.</summary>
    public long OverheadBytes => (long)_pages.Length * sizeof(Page);

    /// <summary>Bytes of the slot that a block is in.</summary>
    public int SizeOf(uint reference) => Sizes.SizeOf(_pages[_memory.PageOf(reference)].Class);

    /// <summary>Takes a slot.</summary>
    /// <returns>0 when there is neither a free slot nor a page.</returns>
    public uint TryAllocate(int sizeClass)
    {
        ref var owner = ref _classes[sizeClass];
        var number = owner.Partial;
        if (number == 0)
        {
            number = _memory.TryTake();
            if (number == 0)
            {
                return 0;
            }

            Adopt(number, sizeClass, ref owner);
        }

        ref var page = ref _pages[number];
        uint reference;
        if (page.FreeHead != 0)
        {
            reference = page.FreeHead;
            var free = (uint*)_memory.At(reference);
            page.FreeHead = free[1];
            if (_poisons)
            {
                CheckPoison((byte*)free, owner.SlotUnits * UnitBytes);
            }
        }
        else
        {
            reference = _memory.FirstOf(number) + (uint)(page.Bumped++ * owner.SlotUnits);
        }

        page.Live++;
        owner.FreeSlots--;
        UsedBytes += owner.SlotUnits * UnitBytes;
        if (page.Live == owner.SlotsPerPage)
        {
            Unlink(number, ref owner);
        }

        return reference;
    }

    /// <summary>Returns a slot that nobody reads.</summary>
    public void Free(uint reference)
    {
        var number = _memory.PageOf(reference);
        ref var page = ref _pages[number];
        ref var owner = ref _classes[page.Class];
        var slot = (uint*)_memory.At(reference);
        if (_poisons)
        {
            new Span<byte>(slot, owner.SlotUnits * UnitBytes).Fill(PoisonByte);
        }

        slot[0] = Block.FreeMark;
        slot[1] = page.FreeHead;
        page.FreeHead = reference;
        page.Live--;
        owner.FreeSlots++;
        UsedBytes -= owner.SlotUnits * UnitBytes;
        if (page.Live == 0)
        {
            Abandon(number, ref page, ref owner);
        }
        else if (!page.IsLinked && !page.IsDraining)
        {
            Link(number, ref owner);
        }
    }

    /// <summary>Finds a page whose entries fit into the free slots of its class's other pages, and takes it out of use for allocation.</summary>
    /// <returns>0 when there is none; else undone by <see cref="EndDraining"/>, or by the freeing of its last slot.</returns>
    public int PickSparsePage()
    {
        var (best, bestLive) = (0, int.MaxValue);
        for (var i = 0; i < _classes.Length; i++)
        {
            ref var owner = ref _classes[i];
            if (owner.FreeSlots < owner.SlotsPerPage)
            {
                continue;
            }

            var number = owner.Partial;
            for (var looked = 0; number != 0 && looked < SearchPages; looked++)
            {
                ref var page = ref _pages[number];

                // Its own free slots do not help it.
                if (page.Live < bestLive && owner.FreeSlots - (owner.SlotsPerPage - page.Live) >= page.Live)
                {
                    (best, bestLive) = (number, page.Live);
                }

                number = page.Next;
            }
        }

        if (best != 0)
        {
            ref var page = ref _pages[best];
            ref var owner = ref _classes[page.Class];
            Unlink(best, ref owner);
            owner.FreeSlots -= owner.SlotsPerPage - page.Live;
            page.IsDraining = true;
            page.DrainedFrom = page.Live;
        }

        return best;
    }

    /// <summary>Puts a page that could not be emptied back into use.</summary>
    public void EndDraining(int number)
    {
        ref var page = ref _pages[number];
        if (!page.IsDraining)
        {
            return;
        }

        ref var owner = ref _classes[page.Class];
        page.IsDraining = false;
        owner.FreeSlots += owner.SlotsPerPage - page.DrainedFrom;
        if (page.Live < owner.SlotsPerPage)
        {
            Link(number, ref owner);
        }
    }

    /// <summary>References of the slots of a page that were ever used, free ones included.</summary>
    public (uint First, int Count, uint StepUnits) SlotsOf(int number)
    {
        ref var page = ref _pages[number];
        return (_memory.FirstOf(number), page.Bumped, (uint)_classes[page.Class].SlotUnits);
    }

    /// <summary>Walks every page and compares with what is kept of it.</summary>
    /// <exception cref="InvalidOperationException">They do not agree.</exception>
    public void CheckInvariants()
    {
        var free = new long[_classes.Length];
        var pages = new int[_classes.Length];
        long used = 0;
        for (var number = 1; number < Math.Min(_memory.PageLimit, _pages.Length); number++)
        {
            ref var page = ref _pages[number];
            if (!page.IsOwned)
            {
                continue;
            }

            ref var owner = ref _classes[page.Class];
            var listed = 0;
            for (var reference = page.FreeHead; reference != 0; reference = ((uint*)_memory.At(reference))[1])
            {
                Invariant.Holds(*(uint*)_memory.At(reference) == Block.FreeMark, "a free slot is not marked", number, reference);
                Invariant.Holds(++listed <= owner.SlotsPerPage, "a page's free list has a cycle", number, listed);
                Invariant.Holds(_memory.PageOf(reference) == number, "a page's free list leaves it", number, reference);
            }

            Invariant.Holds(page.Live == page.Bumped - listed, "a page's live slots", page.Live, page.Bumped - listed);
            Invariant.Holds(page.IsLinked == (page.Live < owner.SlotsPerPage && !page.IsDraining), "a page's place in its class's list", number, page.Live);
            used += (long)page.Live * owner.SlotUnits * UnitBytes;
            pages[page.Class]++;
            free[page.Class] += page.IsDraining ? page.DrainedFrom - page.Live : owner.SlotsPerPage - page.Live;
        }

        Invariant.Holds(used == UsedBytes, "bytes of used slots", UsedBytes, used);
        for (var i = 0; i < _classes.Length; i++)
        {
            Invariant.Holds(free[i] == _classes[i].FreeSlots, "free slots of a class", _classes[i].FreeSlots, free[i]);
            Invariant.Holds(pages[i] == _classes[i].Pages, "pages of a class", _classes[i].Pages, pages[i]);
        }

        OwnedPages = pages.Sum();
    }

    /// <summary>Pages that classes own, as of the last <see cref="CheckInvariants"/>.</summary>
    public int OwnedPages { get; private set; }

    private static void CheckPoison(byte* slot, int bytes)
    {
        const int MarkBytes = 2 * sizeof(uint);
        if (new ReadOnlySpan<byte>(slot + MarkBytes, bytes - MarkBytes).IndexOfAnyExcept(PoisonByte) is >= 0 and var at)
        {
            throw new InvalidOperationException($"memory was written after it was freed: byte {at + MarkBytes} of a slot of {bytes} bytes");
        }
    }

    private void Adopt(int number, int sizeClass, ref ClassState owner)
    {
        if (number >= _pages.Length)
        {
            Array.Resize(ref _pages, _pages.Length * 2);
        }

        _pages[number] = new Page { Class = (byte)sizeClass, IsOwned = true };
        ClassesInUse += owner.Pages++ == 0 ? 1 : 0;
        owner.FreeSlots += owner.SlotsPerPage;
        Link(number, ref owner);
    }

    private void Abandon(int number, ref Page page, ref ClassState owner)
    {
        if (page.IsLinked)
        {
            Unlink(number, ref owner);
        }

        owner.FreeSlots -= page.IsDraining ? page.DrainedFrom : owner.SlotsPerPage;
        ClassesInUse -= --owner.Pages == 0 ? 1 : 0;
        page = default;
        _memory.Return(number);
    }

    private void Link(int number, ref ClassState owner)
    {
        ref var page = ref _pages[number];
        page.IsLinked = true;
        page.Previous = 0;
        page.Next = owner.Partial;
        if (owner.Partial != 0)
        {
            _pages[owner.Partial].Previous = number;
        }

        owner.Partial = number;
    }

    private void Unlink(int number, ref ClassState owner)
    {
        ref var page = ref _pages[number];
        page.IsLinked = false;
        if (page.Next != 0)
        {
            _pages[page.Next].Previous = page.Previous;
        }

        if (page.Previous != 0)
        {
            _pages[page.Previous].Next = page.Next;
        }
        else
        {
            owner.Partial = page.Next;
        }
    }

    private struct Page
    {
        public int Next;
        public int Previous;
        public uint FreeHead;
        public int Live;
        public int Bumped;
        public int DrainedFrom;
        public byte Class;
        public bool IsOwned;
        public bool IsLinked;
        public bool IsDraining;
    }

    private struct ClassState
    {
        public int SlotsPerPage;
        public int SlotUnits;
        public int Partial;
        public int Pages;
        public long FreeSlots;
    }
}
