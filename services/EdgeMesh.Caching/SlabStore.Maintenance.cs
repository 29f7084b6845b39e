namespace EdgeMesh.Caching;

// What goes on in the background, in short turns of the lock.
public sealed unsafe partial class SlabStore
{
    // Entries handled in one turn of the lock: some tens of microseconds.
    private const int TurnEntries = 256;

    // A purge starts it at once; this is how often expired entries are looked for, against a clock of seconds.
    private static readonly TimeSpan MaintenancePeriod = TimeSpan.FromMilliseconds(500);

    private int _maintaining;

    /// <summary>The budget. Lowered, it is carried out in the background: evictions, then pages.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Out of range: 1 MiB to 64 GiB.</exception>
    public long CapacityBytes
    {
        get
        {
            lock (_lock)
            {
                return _ledger.CapacityBytes;
            }
        }

        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, MinCapacityBytes);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MaxCapacityBytes);
            lock (_lock)
            {
                _ledger.CapacityBytes = value;
                SettleLocked();
            }

            WakeMaintenance();
        }
    }

    private long ShrinkStepBytes => TurnEntries * Math.Max(_memory.PageBytes / 64, _policy.UsedBytes / Math.Max(1, _policy.Count));

    /// <summary>Does all that is due: expired, stale and purged entries out, a smaller budget carried out.</summary>
    internal void Maintain()
    {
        if (Interlocked.Exchange(ref _maintaining, 1) == 1)
        {
            return;
        }

        try
        {
            while (MaintainTurn())
            {
                Thread.Yield();
            }
        }
        finally
        {
            Volatile.Write(ref _maintaining, 0);
        }
    }

    private void WakeMaintenance()
    {
        if (!_isDisposed)
        {
            _timer.Change(TimeSpan.Zero, MaintenancePeriod);
        }
    }

    /// <returns>Whether there is more to do.</returns>
    private bool MaintainTurn()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return false;
            }

            // 1. Lifetimes.
            var steps = TurnEntries;
            ExpireLocked(_time.GetTimestamp(), ref steps);
            var isMore = steps <= 0;

            // 2. Purges.
            steps = TurnEntries;
            for (; steps > 0 && _tags.PeekDoomed() is not 0 and var doomed; steps--)
            {
                _purged++;
                UnlinkLocked(doomed, isEvicted: false);
            }

            for (; steps > 0 && _sweepAt > 1; steps--)
            {
                _sweepAt--;
                if (_entries[_sweepAt].IsPublished && EntryHead.ReadAsOf(Memory.Block.Head(BlockOf(_sweepAt))) < _clearedAt)
                {
                    _purged++;
                    UnlinkLocked(_sweepAt, isEvicted: false);
                }
            }

            isMore |= steps <= 0;

            // 3. A smaller budget.
            SettleLocked();
            if (_policy.UsedBytes > _policy.CapacityBytes)
            {
                isMore |= ShrinkLocked();
            }

            if (_ledger.HeldBytes > _ledger.CapacityBytes)
            {
                // What waits for readers leaves soon, and pages with it.
                isMore |= TryCompactLocked() || _limbo.Count > 0;
                _memory.TrimKept(0);
            }

            // 4. What waited.
            DrainLocked();
            UpdateCapacityLocked();
            return isMore;
        }
    }

    /// <returns>Whether there is more to evict.</returns>
    private bool ShrinkLocked()
    {
        var before = _policy.UsedBytes;
        _policy.Trim(_evicted);
        EvictLocked();
        return _policy.UsedBytes < before;
    }

    /// <summary>Moves what became stale to the other wheel, and takes out what is not even that.</summary>
    private void ExpireLocked(long now, ref int steps)
    {
        var tick = (now - _startedAt) / _time.TimestampFrequency;
        while (_fresh.TakeDue(tick, ref steps) is not 0 and var slot)
        {
            var block = BlockOf(slot);
            var staleTick = ToTick(EntryHead.ReadStaleUntil(Memory.Block.Head(block)));
            ((Memory.BlockHeader*)block)->Slot |= Memory.Block.StaleBit;
            _stale.Add(slot, staleTick);
        }

        while (_stale.TakeDue(tick, ref steps) is not 0 and var slot)
        {
            // Unlinking takes it out of the wheel that it is in.
            _stale.Add(slot, tick);
            _expirations++;
            UnlinkLocked(slot, isEvicted: false);
        }
    }
}
