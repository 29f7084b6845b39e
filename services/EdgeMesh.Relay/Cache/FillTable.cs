using System.Collections.Concurrent;
using EdgeMesh.Caching;

namespace EdgeMesh.Relay.Cache;

/// <summary>Fills in flight, by key.</summary>
/// <remarks>
/// Thread-safe; state is one concurrent dictionary. At most one fill per key is begun at a time; an abandoned one is
/// replaced by whoever finds it. Bounded by the calls in flight.
/// </remarks>
internal sealed class FillTable(long maxBytes, TimeProvider time)
{
    private readonly ConcurrentDictionary<CacheKey, Fill> _fills = new();
    private readonly UncacheableMarks _uncacheable = new(time);

    /// <summary>What they may hold.</summary>
    public FillBudget Budget { get; } = new(maxBytes);

    /// <summary>Fills in flight now.</summary>
    public int Count => _fills.Count;

    /// <summary>Finds a fill to wait for.</summary>
    public Fill? TryJoin(CacheKey key) => _fills.TryGetValue(key, out var fill) && fill.TryJoin() ? fill : null;

    /// <summary>Begins a fill, or joins the one that another call began meanwhile.</summary>
    /// <param name="mine">The caller's fill, with the caller in it as leader.</param>
    /// <returns><paramref name="mine"/> when it was begun; else the fill that was joined as a waiter.</returns>
    public Fill Begin(CacheKey key, Fill mine)
    {
        while (true)
        {
            var fill = _fills.GetOrAdd(key, mine);
            if (ReferenceEquals(fill, mine) || fill.TryJoin())
            {
                return fill;
            }

            if (_fills.TryUpdate(key, mine, fill))
            {
                return mine;
            }
        }
    }

    /// <summary>Takes a fill out, if it is still the one in place.</summary>
    public void Remove(CacheKey key, Fill fill) => _fills.TryRemove(new KeyValuePair<CacheKey, Fill>(key, fill));

    /// <summary>Whether calls of this key had better not wait for one another.</summary>
    public bool IsUncacheable(CacheKey key) => _uncacheable.Contains(key);

    /// <summary>The last answer of this key could not be shared.</summary>
    public void MarkUncacheable(CacheKey key) => _uncacheable.Add(key);

    /// <summary>The last answer of this key was stored.</summary>
    public void MarkCacheable(CacheKey key) => _uncacheable.Remove(key);
}
