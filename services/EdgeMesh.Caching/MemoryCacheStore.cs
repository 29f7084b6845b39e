using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace EdgeMesh.Caching;

/// <summary>The baseline store, on <see cref="MemoryCache"/>: what <see cref="SlabStore"/> is measured against.</summary>
/// <remarks>
/// MemoryCache evicts least recently used entries, refuses an entry when its budget is full, and then makes room in the
/// background: 5 % at a time. Thread-safe. Several objects per entry on the collector's heap. It has no purges.
/// </remarks>
public sealed class MemoryCacheStore : ICacheStore, IDisposable
{
    // MemoryCache's own default: enough room that a burst of refused entries is short, little enough that few hits are lost.
    private const double CompactionShare = 0.05;

    // Cost of an entry's objects, their links and its place in the table, beside its bytes: measured, MemoryCache needs 224 of them.
    private const int OverheadBytes = 320;

    private readonly MemoryCache _cache;
    private readonly TimeProvider _time;

    /// <summary>Makes an empty store.</summary>
    /// <param name="capacityBytes">The budget, at least 1.</param>
    /// <param name="time">The clock that entries' timestamps are of.</param>
    public MemoryCacheStore(long capacityBytes, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacityBytes, 1);
        _time = time;
        _cache = new MemoryCache(
            Options.Create(new MemoryCacheOptions
            {
                SizeLimit = capacityBytes,
                CompactionPercentage = CompactionShare,
                TrackStatistics = true,
                Clock = new Clock(time),
            }),
            NullLoggerFactory.Instance);
    }

    /// <inheritdoc/>
    public long Count => _cache.Count;

    /// <inheritdoc/>
    public long ChargedBytes => _cache.GetCurrentStatistics()?.CurrentEstimatedSize ?? 0;

    /// <inheritdoc/>
    public long Sequence => 0;

    /// <inheritdoc/>
    public CacheHit Get(scoped KeyView key, long now) => Get(new CacheKey(key), now);

    /// <inheritdoc/>
    public CacheHit Get(CacheKey key, long now) =>
        _cache.TryGetValue(key, out var found) && found is CacheEntry entry && now < entry.StaleUntil ? entry.Read() : default;

    /// <inheritdoc/>
    public StoreOutcome Set(CacheKey key, CacheEntry entry)
    {
        var remaining = _time.GetElapsedTime(_time.GetTimestamp(), entry.StaleUntil);
        if (remaining <= TimeSpan.Zero)
        {
            return StoreOutcome.Expired;
        }

        using (var slot = _cache.CreateEntry(key))
        {
            slot.Value = entry;
            slot.Size = OverheadBytes + key.LengthBytes + entry.Head.Length + entry.Frames.Length;
            slot.AbsoluteExpirationRelativeToNow = remaining;
        }

        // A refused entry takes the one that it would have replaced with it, so asking tells which it was.
        return _cache.TryGetValue(key, out var found) && ReferenceEquals(found, entry) ? StoreOutcome.Stored : StoreOutcome.NoRoom;
    }

    /// <inheritdoc/>
    public bool Remove(CacheKey key)
    {
        var isThere = _cache.TryGetValue(key, out _);
        _cache.Remove(key);
        return isThere;
    }

    /// <inheritdoc/>
    public void Dispose() => _cache.Dispose();

    private sealed class Clock(TimeProvider time) : ISystemClock
    {
        public DateTimeOffset UtcNow => time.GetUtcNow();
    }
}
