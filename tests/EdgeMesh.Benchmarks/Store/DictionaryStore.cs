using System.Collections.Concurrent;
using EdgeMesh.Caching;

namespace EdgeMesh.Benchmarks.Store;

/// <summary>The least that a store can be: a concurrent dictionary without any bound.</summary>
internal sealed class DictionaryStore : ICacheStore
{
    private readonly ConcurrentDictionary<CacheKey, CacheEntry> _entries = new();

    public long Count => _entries.Count;

    public long ChargedBytes => 0;

    public long Sequence => 0;

    public CacheHit Get(scoped KeyView key, long now) => Get(new CacheKey(key), now);

    public CacheHit Get(CacheKey key, long now) => _entries.TryGetValue(key, out var entry) && now < entry.StaleUntil ? entry.Read() : default;

    public StoreOutcome Set(CacheKey key, CacheEntry entry)
    {
        _entries[key] = entry;
        return StoreOutcome.Stored;
    }

    public bool Remove(CacheKey key) => _entries.TryRemove(key, out _);
}
