namespace EdgeMesh.Caching;

/// <summary>Entries under a byte budget. The seam between the data plane and whichever store is in use.</summary>
/// <remarks>Implementations are thread-safe, and never fail for want of room: they answer with a <see cref="StoreOutcome"/>.</remarks>
public interface ICacheStore
{
    /// <summary>Entries held now; expired ones that were not yet removed count.</summary>
    long Count { get; }

    /// <summary>Bytes charged now, keys included.</summary>
    long ChargedBytes { get; }

    /// <summary>The last purge applied: what an answer that is asked for now may be as-of. Read it before asking.</summary>
    long Sequence { get; }

    /// <summary>Finds an entry that may be used: fresh, or stale and within its stale window.</summary>
    /// <param name="key">What it is stored under.</param>
    /// <param name="now">The timestamp of the store's clock.</param>
    /// <returns>The entry, to be disposed of at once; or a miss.</returns>
    CacheHit Get(scoped KeyView key, long now);

    /// <summary>The same with a key that is there already: for stores that cannot look with less.</summary>
    CacheHit Get(CacheKey key, long now) => Get((KeyView)key, now);

    /// <summary>Stores an entry in place of what stood there.</summary>
    StoreOutcome Set(CacheKey key, CacheEntry entry);

    /// <summary>Takes an entry out.</summary>
    /// <returns>Whether there was one.</returns>
    bool Remove(CacheKey key);
}

/// <summary>What became of an entry that was to be stored.</summary>
public enum StoreOutcome
{
    /// <summary>It is in the store.</summary>
    Stored,

    /// <summary>Its lifetime was over.</summary>
    Expired,

    /// <summary>It is larger than the store takes.</summary>
    Oversize,

    /// <summary>The eviction policy holds the entries that it would push out for more useful.</summary>
    NotAdmitted,

    /// <summary>One of its tags, or everything, was purged since it was asked for; or so many purges passed that nobody can tell.</summary>
    Purged,

    /// <summary>No room could be made at once: too much is held by slow readers.</summary>
    NoRoom,
}
