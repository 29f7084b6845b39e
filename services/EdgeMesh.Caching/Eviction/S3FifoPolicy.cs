namespace EdgeMesh.Caching.Eviction;

/// <summary>S3-FIFO: a small queue that most entries do not outlive, a main queue for those that were asked for again, and ghosts.</summary>
/// <remarks>
/// Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023. A newcomer enters the small queue, a tenth of the bytes, or the main
/// queue when it is a ghost, that is, left the small queue lately. At the small queue's head it moves on if it was asked for at least twice, else it becomes a
/// ghost. At the main queue's head it goes round again, with a hit less, until it has none. Knows nothing of sizes but the sum:
/// an entry larger than the small queue is taken in only as a ghost, as in libCacheSim. Thread safety: see <see cref="EvictionPolicy"/>.
/// </remarks>
public sealed class S3FifoPolicy : EvictionPolicy
{
    // The paper's parameters.
    private const int SmallShare = 10;
    private const int HitsToMove = 2;

    // Ghosts beyond those there is room for at first: an eighth more than the entries, so that blocks that fill unevenly lose few.
    private const int MinGhosts = 1024;

    // Heads that one eviction looks at: when all entries are hot, none of them waits for a round through all.
    private const int MaxExamined = 128;

    private const int Small = 0;
    private const int Main = 1;

    private readonly SlotTable _slots = new(queues: 2);
    private readonly GhostTable _ghosts = new();

    /// <summary>Makes a policy over no entries.</summary>
    /// <param name="capacityBytes">At least 0.</param>
    public S3FifoPolicy(long capacityBytes)
        : base(capacityBytes)
    {
    }

    /// <inheritdoc/>
    public override long UsedBytes => _slots.Bytes;

    /// <inheritdoc/>
    public override int Count => _slots.Count;

    /// <inheritdoc/>
    public override long OverheadBytes => _slots.OverheadBytes + _ghosts.OverheadBytes;

    private long SmallBytes => CapacityBytes / SmallShare;

    private long MainBytes => CapacityBytes - SmallBytes;

    private bool IsSmallNext => _slots.Queue(Main).Bytes <= MainBytes && _slots.Queue(Small).Count > 0;

    /// <inheritdoc/>
    public override UpcomingVictims Prefetch(ulong keyHash)
    {
        var hash = Fold(keyHash);
        _ghosts.Prefetch(hash);
        var victims = _slots.Upcoming(IsSmallNext ? Small : Main);
        if (victims.Second >= 0)
        {
            var second = _slots.HashOf(victims.Second);
            _ghosts.Prefetch(second);
        }

        return victims;
    }

    /// <inheritdoc/>
    public override bool TryAdmit(int slot, ulong keyHash, long bytes, List<int> evicted)
    {
        ThrowIfNotAnEntry(bytes);
        if (bytes > CapacityBytes)
        {
            return false;
        }

        // 1. Where to.
        var hash = Fold(keyHash);
        var wasGhost = _ghosts.TryTake(hash, out _);
        if (!wasGhost && bytes > Math.Max(1, SmallBytes))
        {
            return false;
        }

        // 2. Room, then in.
        while (UsedBytes + bytes > CapacityBytes)
        {
            EvictOne(evicted);
        }

        _slots.Add(slot, hash, bytes, wasGhost ? Main : Small);
        return true;
    }

    /// <inheritdoc/>
    public override void Remove(int slot)
    {
        if (_slots.IsResident(slot))
        {
            _slots.Remove(slot);
        }
    }

    /// <inheritdoc/>
    public override void Hit(int slot) => _slots.Hit(slot);

    /// <inheritdoc/>
    public override void Trim(List<int> evicted)
    {
        while (UsedBytes > CapacityBytes)
        {
            EvictOne(evicted);
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _slots.Dispose();
        _ghosts.Dispose();
    }

    private void EvictOne(List<int> evicted)
    {
        for (var examined = 0; ; examined++)
        {
            var isSmall = IsSmallNext;
            var head = _slots.Queue(isSmall ? Small : Main).Head;
            var hits = _slots.GetHits(head);
            if (hits < (isSmall ? HitsToMove : 1) || examined == MaxExamined)
            {
                if (isSmall)
                {
                    _ghosts.LimitBytes = MainBytes;
                    _ghosts.Add(_slots.HashOf(head), _slots.BytesOf(head), MinGhosts + Count + (Count / 8));
                }

                Evict(head, evicted);
                return;
            }

            _slots.Move(head, Main);
            _slots.SetHits(head, isSmall ? 0 : hits - 1);
        }
    }

    private void Evict(int slot, List<int> evicted)
    {
        _slots.Remove(slot);
        evicted.Add(slot);
    }
}
