using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace EdgeMesh.Caching.Eviction;

/// <summary>What a policy keeps of each slot, and the queues that slots stand in.</summary>
/// <remarks>
/// Arrays of unmanaged values in chunks, so that growth neither copies nor pauses: 21 bytes a slot. One caller at a time for all but
/// <see cref="Hit"/>. Hits have an array of their own: a hit that overtakes a change of the slot must not undo the change.
/// </remarks>
internal sealed class SlotTable
{
    /// <summary>Most that a slot's hit counter counts to: two bits, as in S3-FIFO.</summary>
    public const int MaxHits = 3;

    // 1,024 slots are 21 KiB: little for a small cache, and few arrays for a large one.
    private const int ChunkBits = 10;
    private const int ChunkSlots = 1 << ChunkBits;
    private const int ChunkMask = ChunkSlots - 1;
    private const int SlotBytes = 16 + 4 + 1;

    private readonly SlotQueue[] _queues;
    private Link[][] _nodes = [];
    private Place[][] _places = [];
    private byte[][] _hits = [];
    private int _chunks;

    /// <summary>Makes a table of no slots.</summary>
    /// <param name="queues">Number of queues, 1 to 255.</param>
    public SlotTable(int queues)
    {
        _queues = new SlotQueue[queues];
        Array.Fill(_queues, SlotQueue.Empty);
    }

    /// <summary>Slots that stand in a queue.</summary>
    public int Count { get; private set; }

    /// <summary>Sum of their charged bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Memory of the arrays.</summary>
    public long OverheadBytes => (long)_chunks * ChunkSlots * SlotBytes;

    /// <summary>One of the queues.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref readonly SlotQueue Queue(int queue) => ref _queues[queue];

    /// <summary>Whether a slot stands in a queue.</summary>
    public bool IsResident(int slot) => slot >> ChunkBits < _chunks && PlaceOf(slot).QueuePlusOne != 0;

    /// <summary>The queue that a resident slot stands in.</summary>
    public int QueueOf(int slot) => PlaceOf(slot).QueuePlusOne - 1;

    /// <summary>The hash of a resident slot's key.</summary>
    public uint HashOf(int slot) => NodeOf(slot).Hash;

    /// <summary>The charged bytes of a resident slot.</summary>
    public long BytesOf(int slot) => NodeOf(slot).LowBytes | ((long)PlaceOf(slot).HighBytes << 32);

    /// <summary>The slot that came after this one into its queue, or -1.</summary>
    public int NextOf(int slot) => NodeOf(slot).Next;

    /// <summary>Has the processor fetch what is kept of a slot that is about to leave.</summary>
    public unsafe void Prefetch(int slot)
    {
        if (Sse.IsSupported)
        {
            // An address that the collector makes wrong meanwhile is a fetch in vain.
            Sse.Prefetch0(Unsafe.AsPointer(ref NodeOf(slot)));
            Sse.Prefetch0(Unsafe.AsPointer(ref PlaceOf(slot)));
            Sse.Prefetch0(Unsafe.AsPointer(ref HitsOf(slot)));
        }
    }

    /// <summary>What <see cref="SetStamp"/> noted of a resident slot.</summary>
    public ushort GetStamp(int slot) => PlaceOf(slot).Stamp;

    /// <summary>Notes when a resident slot entered its queue, in units of the caller's.</summary>
    public void SetStamp(int slot, ushort stamp) => PlaceOf(slot).Stamp = stamp;

    /// <summary>Makes a slot resident, at the tail of a queue, with no hits.</summary>
    /// <exception cref="ArgumentException">It is resident.</exception>
    public void Add(int slot, uint hash, long bytes, int queue)
    {
        EnsureSlot(slot);
        if (PlaceOf(slot).QueuePlusOne != 0)
        {
            throw new ArgumentException($"slot {slot} is resident", nameof(slot));
        }

        ref var node = ref NodeOf(slot);
        node.Hash = hash;
        node.LowBytes = (uint)bytes;
        PlaceOf(slot).HighBytes = (byte)(bytes >> 32);
        HitsOf(slot) = 0;
        Count++;
        Bytes += bytes;
        Enqueue(slot, bytes, queue);
    }

    /// <summary>Takes a resident slot out.</summary>
    public void Remove(int slot)
    {
        var bytes = BytesOf(slot);
        Unlink(slot, bytes);
        PlaceOf(slot).QueuePlusOne = 0;
        Count--;
        Bytes -= bytes;
    }

    /// <summary>Moves a resident slot to the tail of a queue.</summary>
    public void Move(int slot, int queue)
    {
        var bytes = BytesOf(slot);
        Unlink(slot, bytes);
        Enqueue(slot, bytes, queue);
    }

    /// <summary>Counts a hit. Any thread; two at once may count as one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Hit(int slot)
    {
        var chunks = Volatile.Read(ref _hits);
        var chunk = slot >> ChunkBits;
        if ((uint)chunk < (uint)chunks.Length && chunks[chunk] is { } counters)
        {
            ref var hits = ref counters[slot & ChunkMask];
            if (hits < MaxHits)
            {
                hits++;
            }
        }
    }

    /// <summary>Hits of a slot since <see cref="SetHits"/>, 0 to <see cref="MaxHits"/>.</summary>
    public int GetHits(int slot) => Volatile.Read(ref HitsOf(slot));

    /// <summary>Sets the hits of a slot.</summary>
    public void SetHits(int slot, int hits) => Volatile.Write(ref HitsOf(slot), (byte)hits);

    private void Enqueue(int slot, long bytes, int queue)
    {
        ref var to = ref _queues[queue];
        ref var node = ref NodeOf(slot);
        node.Next = -1;
        node.Previous = to.Tail;
        if (to.Tail >= 0)
        {
            NodeOf(to.Tail).Next = slot;
        }
        else
        {
            to.Head = slot;
        }

        to.Tail = slot;
        to.Count++;
        to.Bytes += bytes;
        PlaceOf(slot).QueuePlusOne = (byte)(queue + 1);
    }

    private void Unlink(int slot, long bytes)
    {
        ref var from = ref _queues[PlaceOf(slot).QueuePlusOne - 1];
        ref var node = ref NodeOf(slot);
        if (node.Previous >= 0)
        {
            NodeOf(node.Previous).Next = node.Next;
        }
        else
        {
            from.Head = node.Next;
        }

        if (node.Next >= 0)
        {
            NodeOf(node.Next).Previous = node.Previous;
        }
        else
        {
            from.Tail = node.Previous;
        }

        from.Count--;
        from.Bytes -= bytes;
    }

    private void EnsureSlot(int slot)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(slot);
        for (; slot >> ChunkBits >= _chunks; _chunks++)
        {
            if (_chunks == _nodes.Length)
            {
                // Doubling: the lists of chunks are small, and copied seldom. A hit reads the old one or the new.
                var length = Math.Max(4, 2 * _chunks);
                Array.Resize(ref _nodes, length);
                Array.Resize(ref _places, length);
                var hits = _hits;
                Array.Resize(ref hits, length);
                Volatile.Write(ref _hits, hits);
            }

            _nodes[_chunks] = new Link[ChunkSlots];
            _places[_chunks] = new Place[ChunkSlots];
            Volatile.Write(ref _hits[_chunks], new byte[ChunkSlots]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref Link NodeOf(int slot) => ref _nodes[slot >> ChunkBits][slot & ChunkMask];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref Place PlaceOf(int slot) => ref _places[slot >> ChunkBits][slot & ChunkMask];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref byte HitsOf(int slot) => ref _hits[slot >> ChunkBits][slot & ChunkMask];

    private struct Link
    {
        public int Next;
        public int Previous;
        public uint Hash;
        public uint LowBytes;
    }

    private struct Place
    {
        public byte QueuePlusOne;
        public byte HighBytes;
        public ushort Stamp;
    }
}
