namespace EdgeMesh.Caching;

/// <summary>What a store holds and has counted since it was made. Immutable.</summary>
public sealed record StoreStatistics
{
    /// <summary>Entries that can be found; expired and purged ones that were not yet removed count.</summary>
    public long Entries { get; init; }

    /// <summary>All memory held, in bytes.</summary>
    public long ChargedBytes { get; init; }

    /// <summary>The budget, in bytes.</summary>
    public long CapacityBytes { get; init; }

    /// <summary>The most by which the budget was ever passed, in bytes; lowering it counts.</summary>
    public long PeakOvershootBytes { get; init; }

    /// <summary>Slots of entries: keys, heads, frames and their slack, in bytes.</summary>
    public long SlotBytes { get; init; }

    /// <summary>Slots of entries that are gone and may still be read, in bytes.</summary>
    public long WaitingBytes { get; init; }

    /// <summary>Slots of entries that are gone and are still held by slow readers, in bytes.</summary>
    public long OrphanBytes { get; init; }

    /// <summary>The index, in bytes.</summary>
    public long IndexBytes { get; init; }

    /// <summary>The table of entries with the timer wheels' links, in bytes.</summary>
    public long EntryTableBytes { get; init; }

    /// <summary>Tags and their links, in bytes.</summary>
    public long TagBytes { get; init; }

    /// <summary>The eviction policy's own memory, in bytes.</summary>
    public long PolicyBytes { get; init; }

    /// <summary>Looks that found an entry. All looks = hits + misses.</summary>
    public long Hits { get; init; }

    /// <summary>Looks that found none, or one that was expired or purged.</summary>
    public long Misses { get; init; }

    /// <summary>Entries that the policy gave up for others, or for a smaller budget.</summary>
    public long Evictions { get; init; }

    /// <summary>Entries removed because their lifetime was over, or stale ones for room.</summary>
    public long Expirations { get; init; }

    /// <summary>Entries removed because they were purged.</summary>
    public long Purged { get; init; }

    /// <summary>How often each <see cref="StoreOutcome"/> was answered, by its value. All insertions = their sum.</summary>
    public required IReadOnlyList<long> Outcomes { get; init; }

    /// <summary>How often an outcome was answered.</summary>
    public long CountOf(StoreOutcome outcome) => Outcomes[(int)outcome];
}
