namespace EdgeMesh.Caching.Eviction;

/// <summary>A first-in-first-out queue of slots, linked through <see cref="SlotTable"/>.</summary>
internal struct SlotQueue
{
    /// <summary>The oldest slot, or -1.</summary>
    public int Head;

    /// <summary>The newest slot, or -1.</summary>
    public int Tail;

    /// <summary>Slots in it.</summary>
    public int Count;

    /// <summary>Sum of their charged bytes.</summary>
    public long Bytes;

    /// <summary>A queue of none.</summary>
    public static SlotQueue Empty => new() { Head = -1, Tail = -1 };
}
