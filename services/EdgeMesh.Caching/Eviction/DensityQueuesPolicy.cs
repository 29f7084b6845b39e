namespace EdgeMesh.Caching.Eviction;

/// <summary>Density queues: keeps what is asked for most often for the room that it takes.</summary>
/// <remarks>
/// <code>
/// newcomer --> small queue --> asked for twice, or denser than main's next victim? --> main queues, by density --> lowest head
///    |                             '-> else evicted: a ghost                              ^    |
///    |-- was a ghost ----------------------------------------------------------------------'    '-> hit since: again by its density
///    '-- large: main, if denser than those that it displaces; else rejected                         else evicted, and L rises to its H
/// </code>
/// Density is frequency / size^a. The main area is S3-FIFO's main queue (Yang et al., SOSP 2023) taken apart into queues of like density, half a power of two
/// each; an entry's priority is H = L + density as it enters, as in GreedyDual-Size-Frequency (Cherkasova, HPL-98-69R1). Within a queue H only rises, so the
/// least of all is at a head: no heap, and hits move nothing. Frequencies are a TinyLFU sketch's (Einziger et al., ACM TOS 2017).
/// The small queue's share adapts as ARC's lists do (Megiddo and Modha, FAST 2003): it grows when a newcomer had just left it, and shrinks when it had just left main.
/// Thread safety: see <see cref="EvictionPolicy"/>. Memory: 21 bytes a slot, 8 of sketch an entry, and at most 9 of ghosts.
/// </remarks>
public sealed class DensityQueuesPolicy : EvictionPolicy
{
    // The small queue's share of the bytes: S3-FIFO's tenth at least. Traffic of pure recency wants nearly all.
    private const double MinSmallShare = 0.1;
    private const double MaxSmallShare = 0.8;

    // Where entries are few, a tenth of the bytes may be none: at least so many entries, though no more than a quarter of all.
    private const int SmallFloor = 16;
    private const int SmallFloorPart = 4;

    // What is larger than half of the small queue would empty it. An eighth, tried first, loses byte hits on every trace with sizes.
    private const double LargeShare = MinSmallShare / 2;

    // Hits in the small queue that prove an entry, as in S3-FIFO.
    private const int HitsToMove = 2;

    // A newcomer's density must be more than twice the victim's: with less, loops that do not fit wash through.
    private const int NewcomerHandicap = FixedLog2.One;

    // Victims that a large newcomer is compared with; and heads that one eviction looks at, so that none waits for a round through all.
    private const int MaxCompared = 64;
    private const int MaxExamined = 128;

    // Caffeine's jitter: a key that was asked for often gets in now and then, whatever an attacker did to the counters of its victim.
    private const int LuckyFrequency = 6;
    private const int LuckOdds = 128;

    // A ghost no more than a tenth of the capacity ago would have been a hit in a queue larger by that; one that it moves by the room of one entry.
    private const double AdaptationReach = 0.1;
    private const double MaxAdaptationWeight = 4;

    // What an entry in main begins as when it was a ghost: it has shown that it returns, not yet that it is frequent.
    private const int MaxGhostFrequency = 2;

    // All counters are halved once in 16 requests per entry; in a small cache, in 8 Ki requests.
    private const double SamplesPerEntry = 16;
    private const int MinSampledEntries = 512;
    private const int EntriesPerSketchBlock = 8;
    private const int MinSketchBlocks = 1024;

    private const int MinGhosts = 1024;
    private const int EntriesPerGhost = 1;
    private const int EntriesPerMainGhost = 8;

    private const int Small = 0;
    private const int BinsPerOctave = 2;

    // Densities from 2^-42, a byte in a tebibyte and below, to 2^21.
    private const int BinOffset = 84;
    private const int Queues = 128;

    // An entry's age is kept as a part of its queue's density, which it never exceeds: L does not rise beyond the H of what is resident.
    private const double AgeUnits = 1 << 15;

    private readonly SlotTable _slots = new(Queues);
    private readonly MinTree _heads = new(Queues);
    private readonly double[] _densities = new double[Queues];
    private readonly FrequencySketch _sketch = new(MinSketchBlocks);
    private readonly GhostTable _ghosts = new();
    private readonly GhostTable _mainGhosts = new();
    private readonly Random _random;
    private double _inflation;
    private double _smallShare = MinSmallShare;

    /// <summary>Makes a policy over no entries.</summary>
    /// <param name="capacityBytes">At least 0.</param>
    /// <param name="exponent">What size counts, 0 to 1: at 1 it maximises hits per request, at 0 hits per byte, at 0.5 it weighs both.</param>
    /// <param name="random">For the odds of admission; used under the owner's lock only.</param>
    public DensityQueuesPolicy(long capacityBytes, double exponent, Random random)
        : base(capacityBytes)
    {
        if (exponent is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(exponent), exponent, "must be from 0 to 1");
        }

        Exponent = exponent;
        _random = random;
        for (var queue = Small + 1; queue < Queues; queue++)
        {
            _densities[queue] = Math.Pow(2, (queue - BinOffset) / (double)BinsPerOctave);
        }
    }

    /// <summary>What size counts, 0 to 1.</summary>
    public double Exponent { get; }

    /// <inheritdoc/>
    public override long UsedBytes => _slots.Bytes;

    /// <inheritdoc/>
    public override int Count => _slots.Count;

    /// <inheritdoc/>
    public override long OverheadBytes => _slots.OverheadBytes + _sketch.OverheadBytes + _ghosts.OverheadBytes + _mainGhosts.OverheadBytes;

    /// <summary>Heads looked at so far, of which each eviction looks at few.</summary>
    internal long HeadsExamined { get; private set; }

    private bool HasMain => _slots.Count > _slots.Queue(Small).Count;

    private bool IsSmallOver
    {
        get
        {
            ref readonly var small = ref _slots.Queue(Small);
            return small.Count > 0 && (!HasMain || (small.Bytes > CapacityBytes * _smallShare && small.Count > Math.Min(SmallFloor, Count / SmallFloorPart)));
        }
    }

    /// <inheritdoc/>
    public override UpcomingVictims Prefetch(ulong keyHash)
    {
        var hash = Fold(keyHash);
        _sketch.Prefetch(hash);
        _ghosts.Prefetch(hash);
        _mainGhosts.Prefetch(hash);
        var victims = _slots.Upcoming(IsSmallOver || !HasMain ? Small : _heads.Least);
        if (victims.Second >= 0)
        {
            var second = _slots.HashOf(victims.Second);
            _sketch.Prefetch(second);
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

        // 1. What is known of it.
        var hash = Fold(keyHash);
        var frequency = Count1(hash, 1);
        var isLarge = bytes > CapacityBytes * LargeShare;
        var wasGhost = _ghosts.TryTake(hash, out var ageBytes);
        AdaptShare(hash, bytes, leftSmallLately: wasGhost && !isLarge && ageBytes <= CapacityBytes * AdaptationReach);

        // 2. A large one has to be worth what it displaces.
        var needed = UsedBytes + bytes - CapacityBytes;
        if (isLarge && needed > 0 && Count > 0 && !Beats(frequency, bytes, needed))
        {
            AddGhost(hash, bytes);
            return false;
        }

        // 3. Room, then in.
        while (UsedBytes + bytes > CapacityBytes)
        {
            if (isLarge && HasMain)
            {
                EvictFromMain(evicted);
            }
            else
            {
                EvictOne(evicted);
            }
        }

        if (isLarge || wasGhost)
        {
            _slots.Add(slot, hash, bytes, QueueFor(isLarge ? frequency : Math.Min(frequency, MaxGhostFrequency), bytes));
            Stamp(slot);
        }
        else
        {
            _slots.Add(slot, hash, bytes, Small);
        }

        return true;
    }

    /// <inheritdoc/>
    public override void Remove(int slot)
    {
        if (_slots.IsResident(slot))
        {
            TakeOut(slot);
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
        _sketch.Dispose();
        _ghosts.Dispose();
        _mainGhosts.Dispose();
    }

    /// <summary>Counts requests for a key, and lets all counters age by them.</summary>
    private int Count1(uint hash, int requests)
    {
        if ((long)_sketch.Blocks * EntriesPerSketchBlock < Count)
        {
            _sketch.Grow();
        }

        _sketch.Age(requests / (SamplesPerEntry * Math.Max(MinSampledEntries, Count)));
        return _sketch.Add(hash, requests);
    }

    private void AdaptShare(uint hash, long bytes, bool leftSmallLately)
    {
        _mainGhosts.LimitBytes = (long)(CapacityBytes * AdaptationReach);
        var leftMainLately = _mainGhosts.TryTake(hash, out _);
        if (Count > 0 && (leftSmallLately || leftMainLately))
        {
            // A hit is worth what the exponent says: one, or its bytes.
            var weight = Math.Min(MaxAdaptationWeight, Math.Pow(bytes * (double)Count / UsedBytes, 1 - Exponent));
            _smallShare = Math.Clamp(_smallShare + ((leftMainLately ? -weight : weight) / Count), MinSmallShare, MaxSmallShare);
        }
    }

    private void EvictOne(List<int> evicted)
    {
        for (var examined = 0; IsSmallOver; examined++)
        {
            HeadsExamined++;
            var head = _slots.Queue(Small).Head;
            var hits = _slots.GetHits(head);
            var hash = _slots.HashOf(head);
            var bytes = _slots.BytesOf(head);
            var frequency = hits > 0 ? Count1(hash, hits) : _sketch.Estimate(hash);
            if (examined == MaxExamined || !(hits >= HitsToMove || (HasMain && Beats(frequency, bytes, bytes))))
            {
                AddGhost(hash, bytes);
                TakeOut(head);
                evicted.Add(head);
                return;
            }

            // Main makes room for it as soon as the small queue has no more than its share.
            Enqueue(head, frequency, bytes);
        }

        EvictFromMain(evicted);
    }

    private void EvictFromMain(List<int> evicted)
    {
        var victim = FindVictim();
        _inflation = Math.Max(_inflation, _heads[_slots.QueueOf(victim)]);
        _mainGhosts.Add(_slots.HashOf(victim), _slots.BytesOf(victim), MinGhosts + (Count / EntriesPerMainGhost));
        TakeOut(victim);
        evicted.Add(victim);
    }

    /// <summary>The lowest head without hits. Those with hits go round again.</summary>
    private int FindVictim()
    {
        for (var examined = 0; ; examined++)
        {
            HeadsExamined++;
            var queue = _heads.Least;
            var head = _slots.Queue(queue).Head;
            var hits = _slots.GetHits(head);
            if (hits == 0 || examined == MaxExamined)
            {
                return head;
            }

            _inflation = Math.Max(_inflation, _heads[queue]);
            Enqueue(head, Count1(_slots.HashOf(head), hits), _slots.BytesOf(head));
            UpdateHead(queue);
        }
    }

    /// <summary>Whether a newcomer is denser than the next victims, as many as it needs the room of; those behind the first stand in its queue.</summary>
    private bool Beats(int frequency, long bytes, long neededBytes)
    {
        if (frequency >= LuckyFrequency && _random.Next(LuckOdds) == 0)
        {
            return true;
        }

        var density = LogDensity(frequency, bytes) - NewcomerHandicap;
        var victim = HasMain ? FindVictim() : _slots.Queue(Small).Head;
        for (var compared = 0; compared < MaxCompared && victim >= 0 && neededBytes > 0; compared++)
        {
            var victimBytes = _slots.BytesOf(victim);
            if (density <= LogDensity(_sketch.Estimate(_slots.HashOf(victim)) + _slots.GetHits(victim), victimBytes))
            {
                return false;
            }

            neededBytes -= victimBytes;
            victim = _slots.NextOf(victim);
        }

        return true;
    }

    private void AddGhost(uint hash, long bytes)
    {
        _ghosts.LimitBytes = CapacityBytes;
        _ghosts.Add(hash, bytes, MinGhosts + (Count / EntriesPerGhost));
    }

    private int LogDensity(int frequency, long bytes) => FixedLog2.Of(Math.Max(1, frequency)) - (int)(Exponent * FixedLog2.Of(bytes));

    private int QueueFor(int frequency, long bytes) =>
        Math.Clamp((LogDensity(frequency, bytes) * BinsPerOctave >> FixedLog2.FractionBits) + BinOffset, Small + 1, Queues - 1);

    /// <summary>Moves a resident entry to the main queue of its density, without hits.</summary>
    private void Enqueue(int slot, int frequency, long bytes)
    {
        _slots.Move(slot, QueueFor(frequency, bytes));
        _slots.SetHits(slot, 0);
        Stamp(slot);
    }

    private void Stamp(int slot)
    {
        var queue = _slots.QueueOf(slot);
        _slots.SetStamp(slot, Now(queue));
        UpdateHead(queue);
    }

    private void TakeOut(int slot)
    {
        var queue = _slots.QueueOf(slot);
        _slots.Remove(slot);
        if (queue != Small)
        {
            UpdateHead(queue);
        }
    }

    private void UpdateHead(int queue)
    {
        var head = _slots.Queue(queue).Head;
        var density = _densities[queue];
        _heads[queue] = head < 0 ? double.PositiveInfinity : _inflation + density - ((ushort)(Now(queue) - _slots.GetStamp(head)) * (density / AgeUnits));
    }

    /// <summary>L, in the units of a queue. Where L is too large for its units, all of a queue count as new, which for such low densities is next to leaving.</summary>
    private ushort Now(int queue) => unchecked((ushort)(ulong)(_inflation * (AgeUnits / _densities[queue])));
}
