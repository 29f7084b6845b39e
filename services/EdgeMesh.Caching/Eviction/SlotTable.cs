using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using EdgeMesh.Caching.Memory;

namespace EdgeMesh.Caching.Eviction;

/// <summary>What a policy keeps of each slot, and the queues that slots stand in.</summary>
/// <remarks>
/// 21 bytes a slot, in chunks: 1,024 nodes, then their counters of hits. One caller at a time for all but <see cref="Hit"/>. Counters stand apart,
/// so that a hit touches none of the lines that the policy works on, and the counters of many slots are one line.
/// </remarks>
internal sealed unsafe class SlotTable : IDisposable
{
    /// <summary>Most that a slot's hit counter counts to: two bits, as in S3-FIFO.</summary>
    public const int MaxHits = 3;

    private const int ChunkBits = 10; // 21 KiB: little for a small cache, and few chunks for a large one.
    private const int ChunkSlots = 1 << ChunkBits;
    private const int ChunkMask = ChunkSlots - 1;

    private readonly SlotQueue[] _queues;
    private NativeChunks _chunks = new(ChunkSlots * (sizeof(ListNode) + sizeof(byte)));

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

    /// <summary>Memory of the slots.</summary>
    public long OverheadBytes => _chunks.Bytes;

    /// <summary>One of the queues.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref readonly SlotQueue Queue(int queue) => ref _queues[queue];

    /// <summary>Whether a slot stands in a queue.</summary>
    public bool IsResident(int slot) => slot >> ChunkBits < _chunks.Count && NodeOf(slot)->QueuePlusOne != 0;

    /// <summary>The queue that a resident slot stands in.</summary>
    public int QueueOf(int slot) => NodeOf(slot)->QueuePlusOne - 1;

    /// <summary>The hash of a resident slot's key.</summary>
    public uint HashOf(int slot) => NodeOf(slot)->Hash;

    /// <summary>The charged bytes of a resident slot.</summary>
    public long BytesOf(int slot) => NodeOf(slot)->LowBytes | ((long)NodeOf(slot)->HighBytes << 32);

    /// <summary>The slot that came after this one into its queue, or -1.</summary>
    public int NextOf(int slot) => NodeOf(slot)->Next;

    /// <summary>The slots of a queue from its head on; has the processor fetch what is kept of the third, so that it is there when that is the second.</summary>
    public UpcomingVictims Upcoming(int queue)
    {
        var first = _queues[queue].Head;
        var second = first < 0 ? -1 : NextOf(first);
        var third = second < 0 ? -1 : NextOf(second);
        if (Sse.IsSupported && third >= 0)
        {
            var node = (byte*)NodeOf(third);
            Sse.Prefetch0(node);
            Sse.Prefetch0(node + sizeof(ListNode) - 1);
            Sse.Prefetch0(HitsOf(third));
        }

        return new UpcomingVictims(first, second, third);
    }

    /// <summary>What <see cref="SetStamp"/> noted of a resident slot.</summary>
    public ushort GetStamp(int slot) => NodeOf(slot)->Stamp;

    /// <summary>Notes when a resident slot entered its queue, in units of the caller's.</summary>
    public void SetStamp(int slot, ushort stamp) => NodeOf(slot)->Stamp = stamp;

    /// <summary>Makes a slot resident, at the tail of a queue, with no hits.</summary>
    /// <exception cref="ArgumentException">It is resident.</exception>
    public void Add(int slot, uint hash, long bytes, int queue)
    {
        EnsureSlot(slot);
        if (NodeOf(slot)->QueuePlusOne != 0)
        {
            throw new ArgumentException($"slot {slot} is resident", nameof(slot));
        }

        var node = NodeOf(slot);
        node->Hash = hash;
        node->LowBytes = (uint)bytes;
        node->HighBytes = (byte)(bytes >> 32);
        *HitsOf(slot) = 0;
        Count++;
        Bytes += bytes;
        Enqueue(slot, bytes, queue);
    }

    /// <summary>Takes a resident slot out.</summary>
    public void Remove(int slot)
    {
        var bytes = BytesOf(slot);
        Unlink(slot, bytes);
        NodeOf(slot)->QueuePlusOne = 0;
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
        var chunk = _chunks.TryGet(slot >> ChunkBits);
        if (chunk != null)
        {
            var hits = HitsIn(chunk, slot);
            if (*hits < MaxHits)
            {
                (*hits)++;
            }
        }
    }

    /// <summary>Hits of a slot since <see cref="SetHits"/>, 0 to <see cref="MaxHits"/>.</summary>
    public int GetHits(int slot) => Volatile.Read(ref *HitsOf(slot));

    /// <summary>Sets the hits of a slot.</summary>
    public void SetHits(int slot, int hits) => Volatile.Write(ref *HitsOf(slot), (byte)hits);

    /// <inheritdoc/>
    public void Dispose() => _chunks.Dispose();

    private void Enqueue(int slot, long bytes, int queue)
    {
        ref var to = ref _queues[queue];
        var node = NodeOf(slot);
        node->Next = -1;
        node->Previous = to.Tail;
        if (to.Tail >= 0)
        {
            NodeOf(to.Tail)->Next = slot;
        }
        else
        {
            to.Head = slot;
        }

        to.Tail = slot;
        to.Count++;
        to.Bytes += bytes;
        node->QueuePlusOne = (byte)(queue + 1);
    }

    private void Unlink(int slot, long bytes)
    {
        ref var from = ref _queues[NodeOf(slot)->QueuePlusOne - 1];
        var node = NodeOf(slot);
        if (node->Previous >= 0)
        {
            NodeOf(node->Previous)->Next = node->Next;
        }
        else
        {
            from.Head = node->Next;
        }

        if (node->Next >= 0)
        {
            NodeOf(node->Next)->Previous = node->Previous;
        }
        else
        {
            from.Tail = node->Previous;
        }

        from.Count--;
        from.Bytes -= bytes;
    }

    private void EnsureSlot(int slot)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(slot);
        while (slot >> ChunkBits >= _chunks.Count)
        {
            _chunks.Add();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* HitsIn(byte* chunk, int slot) => chunk + (ChunkSlots * sizeof(ListNode)) + (slot & ChunkMask);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* HitsOf(int slot) => HitsIn(_chunks[slot >> ChunkBits], slot);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ListNode* NodeOf(int slot) => (ListNode*)_chunks[slot >> ChunkBits] + (slot & ChunkMask);

    private struct ListNode
    {
        public int Next;
        public int Previous;
        public uint Hash;
        public uint LowBytes;
        public byte QueuePlusOne;
        public byte HighBytes;
        public ushort Stamp;
    }
}
