namespace EdgeMesh.Caching;

/// <summary>Entries under a byte budget. The seam between the data plane and whichever store is in use.</summary>
/// <remarks>Implementations are thread-safe, and never fail for want of room: they answer false.</remarks>
public interface ICacheStore
{
    /// <summary>Entries held now; expired ones that were not yet removed count.</summary>
    long Count { get; }

    /// <summary>Bytes charged now, keys included.</summary>
    long ChargedBytes { get; }

    /// <summary>Finds an entry that is fresh.</summary>
    CacheEntry? Get(CacheKey key);

    /// <summary>Stores an entry in place of what stood there.</summary>
    /// <returns>False when it was not admitted: too large for the budget, or no room could be made at once.</returns>
    bool TrySet(CacheKey key, CacheEntry entry);

    /// <summary>Takes an entry out, if there is one.</summary>
    void Remove(CacheKey key);
}
