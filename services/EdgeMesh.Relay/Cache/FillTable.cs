using System.Collections.Concurrent;
using EdgeMesh.Caching;
using EdgeMesh.Caching.Purges;

namespace EdgeMesh.Relay.Cache;

/// <summary>Fills in flight, by key.</summary>
/// <remarks>
/// Thread-safe; state is one concurrent dictionary. At most one fill per key can be joined; an abandoned or sealed one is
/// replaced by whoever finds it. Bounded by the calls in flight.
/// </remarks>
internal sealed class FillTable(long maxBytes, TimeProvider time)
{
    // Long enough that a busy uncacheable key queues rarely, short enough that one which becomes cacheable coalesces soon. A mark lost, or found
    // where none was set, costs a call that waits once more, or one that does not wait where it could.
    private const int UncacheableSeconds = 60;
    private const int UncacheableSlots = 1 << 16;

    // A key that is asked for more often than this is not waited for again until asking has succeeded once; and is asked for
    // by one call in one to two seconds. A mark found where none was set lets a stale answer be used that may be used when asking fails.
    private const int FailingSeconds = 30;
    private const int RetrySeconds = 2;
    private const int FailingSlots = 1 << 13;

    private readonly ConcurrentDictionary<CacheKey, Fill> _fills = new();
    private readonly KeyMarks _uncacheable = new(time, UncacheableSlots, UncacheableSeconds);
    private readonly KeyMarks _failing = new(time, FailingSlots, FailingSeconds);

    /// <summary>What they may hold.</summary>
    public FillBudget Budget { get; } = new(maxBytes);

    /// <summary>Fills in flight now.</summary>
    public int Count => _fills.Count;

    /// <summary>Finds a fill to wait for.</summary>
    /// <param name="key">What it is for.</param>
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

    /// <summary>Seals the fills whose answers purges may name: callers who come from now on begin others.</summary>
    public void Seal(PurgeBatch purges)
    {
        foreach (var (_, fill) in _fills)
        {
            if (purges.MayName(fill.Job.Keys.Marks))
            {
                fill.Seal();
            }
        }
    }

    /// <summary>Takes a fill out, if it is still the one in place.</summary>
    public void Remove(CacheKey key, Fill fill) => _fills.TryRemove(new KeyValuePair<CacheKey, Fill>(key, fill));

    /// <summary>Whether a fill of this key is in flight.</summary>
    public bool IsFilling(CacheKey key) => _fills.ContainsKey(key);

    /// <summary>Whether calls of this key had better not wait for one another ("hit-for-miss").</summary>
    public bool IsUncacheable(CacheKey key) => _uncacheable.SecondsLeft(key) > 0;

    /// <summary>Whether asking for this key failed lately, and has not succeeded since.</summary>
    public bool IsFailing(CacheKey key) => _failing.SecondsLeft(key) > 0;

    /// <summary>Whether asking for this key failed a moment ago.</summary>
    public bool HasJustFailed(CacheKey key) => _failing.SecondsLeft(key) > FailingSeconds - RetrySeconds;

    /// <summary>Asking for this key failed.</summary>
    public void MarkFailing(CacheKey key) => _failing.Add(key);

    /// <summary>Upstream answered for this key.</summary>
    public void MarkAnswering(CacheKey key) => _failing.Remove(key);

    /// <summary>The last answer of this key could not be shared.</summary>
    public void MarkUncacheable(CacheKey key) => _uncacheable.Add(key);

    /// <summary>The last answer of this key was stored.</summary>
    public void MarkCacheable(CacheKey key) => _uncacheable.Remove(key);
}
