using System.Numerics;

namespace EdgeMesh.Client.Picking;

/// <summary>Candidates as they are now, laid out for choosing one of them for each of many calls.</summary>
/// <remarks>
/// <para>
/// A choice: (1) who takes calls: neither ejected nor draining, nor tried by this call; if there is none, draining ones, then ejected ones, then those that were tried: as
/// long as there is a node, a call has one. (2) Of those, the ones below their capacity, if there are any. (3) The home, if it is among them. (4) Else the least cost, and at random among those within the
/// band of it, so that clients who lose the same home do not all meet at one node. (5) A node that is warming up, or whose answers take too long (<see cref="LoadShedding"/>), passes a share of its calls on:
/// the others are asked in the order of their costs, each takes as many as it keeps of its own, and who passes on because it is slow is left for another the less the more that one costs: for none that costs twice what
/// it would cost itself at the limit, or does now. If nobody takes the call, it stays.
/// </para>
/// <para>
/// Making one sorts by cost and finds the hot. Sets are then words whose bit i is the candidate of rank i, so that the best of a set is its lowest bit, and a band a range: a choice is a few
/// operations on words, whatever the number of candidates. Immutable; thread-safe if the random source is. A choice allocates nothing.
/// </para>
/// </remarks>
public sealed class PickTable
{
    private readonly int _count;
    private readonly int _home = -1;
    private readonly double[] _costs;
    private readonly double[] _kept;

    // Of each rank, its cost now, or with a latency at its limit if that is more.
    private readonly double[] _patience;
    private readonly byte[] _order;
    private readonly byte[] _ranks;

    // Of each rank, the first one beyond the band of its cost.
    private readonly byte[] _bandEnds;

    private readonly ulong _ready;
    private readonly ulong _draining;
    private readonly ulong _ejected;
    private readonly ulong _whole;
    private readonly ulong _overCapacity;
    private readonly ulong _shedding;

    /// <summary>Takes a snapshot.</summary>
    /// <param name="candidates">0 to <see cref="Picker.MaxCandidates"/>.</param>
    /// <param name="home">Index of the node to prefer; -1: none.</param>
    /// <exception cref="ArgumentOutOfRangeException">More candidates than that, or a home that is none of them.</exception>
    public PickTable(ReadOnlySpan<Candidate> candidates, int home)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(candidates.Length, Picker.MaxCandidates, nameof(candidates));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(home, Math.Max(candidates.Length, 1));
        _count = candidates.Length;
        _costs = new double[_count];
        _kept = new double[_count];
        _patience = new double[_count];
        _order = new byte[_count];
        _ranks = new byte[_count];
        _bandEnds = new byte[_count];
        var served = Picker.MeanFloor(candidates);
        for (var i = 0; i < _count; i++)
        {
            _costs[i] = Picker.CostOf(candidates[i], served);
            _order[i] = (byte)i;
        }

        Array.Sort(_costs, _order);
        var end = 0;
        for (var rank = 0; rank < _count; rank++)
        {
            ref readonly var candidate = ref candidates[_order[rank]];
            var bit = 1UL << rank;
            _ranks[_order[rank]] = (byte)rank;
            _kept[rank] = Math.Clamp(candidate.Warmth, 0, 1) * (1 - candidate.Shed);
            _patience[rank] = _costs[rank] + (LoadShedding.LimitOf(candidate.ServedFloorSeconds) - candidate.ServedSeconds is var room and > 0 ? room : 0);
            _whole |= _kept[rank] >= 1 ? bit : 0;
            _shedding |= candidate.Shed > 0 ? bit : 0;
            _ejected |= candidate.IsEjected ? bit : 0;
            _draining |= candidate.IsDraining && !candidate.IsEjected ? bit : 0;
            _ready |= !candidate.IsDraining && !candidate.IsEjected ? bit : 0;
            var limit = _costs[rank] + Picker.BandOf(_costs[rank]);
            for (end = Math.Max(end, rank + 1); end < _count && _costs[end] <= limit; end++)
            {
            }

            _bandEnds[rank] = (byte)end;
        }

        _home = home >= 0 && _count > 0 ? _ranks[home] : -1;
        _overCapacity = FindFull(candidates);
    }

    /// <summary>Chooses.</summary>
    /// <param name="tried">Bit i: this call has been at candidate i.</param>
    /// <param name="full">Bit i: candidate i has come to its capacity since the table was made.</param>
    /// <param name="random">Draws among equals: one number, and one for each node that takes only some of its calls.</param>
    /// <returns>An index; -1: there are no candidates.</returns>
    public int Pick(ulong tried, ulong full, Random random)
    {
        if (_count == 0)
        {
            return -1;
        }

        // 1 and 2
        var among = Cold(ToRanks(tried), ToRanks(full));

        // 3 and 4
        var pick = _home >= 0 && (among >> _home & 1) != 0 ? _home : Draw(Band(among), random);
        if ((_whole >> pick & 1) == 0)
        {
            // 5
            pick = PassOn(pick, among, random);
        }

        return _order[pick];
    }

    /// <summary>Chooses one that is well, has room and is not slow, as one chooses whose call could as well stay where it is.</summary>
    /// <param name="tried">Bit i: the call is at candidate i.</param>
    /// <param name="random">Draws among equals: one number.</param>
    /// <returns>An index; -1: there is none.</returns>
    public int PickCold(ulong tried, Random random)
    {
        var among = _ready & ~(ToRanks(tried) | _overCapacity | _shedding);
        return among == 0 ? -1 : _order[Draw(Band(among), random)];
    }

    /// <summary>A candidate's cost, seconds: see <see cref="Picker.CostOf"/>.</summary>
    /// <param name="index">Of the candidate.</param>
    public double CostOf(int index) => _costs[_ranks[index]];

    /// <summary>How the choice of a call that has been nowhere yet sees a candidate.</summary>
    /// <param name="index">Of the candidate.</param>
    public PickVerdict VerdictOf(int index)
    {
        var bit = 1UL << _ranks[index];
        return (_ejected & bit) != 0 ? PickVerdict.Ejected
            : (_draining & bit) != 0 ? PickVerdict.Draining
            : (_overCapacity & bit) != 0 ? PickVerdict.OverCapacity
            : (_shedding & bit) != 0 ? PickVerdict.Queueing
            : _ranks[index] == _home ? PickVerdict.Home
            : (Band(Cold(0, 0)) & bit) != 0 ? PickVerdict.WithinBand
            : PickVerdict.BeyondBand;
    }

    /// <summary>The probability that such a call goes to a candidate, 0 to 1; they add up to one.</summary>
    /// <param name="index">Of the candidate.</param>
    public double ShareOf(int index)
    {
        var among = Cold(0, 0);
        var drawn = _home >= 0 && (among >> _home & 1) != 0 ? 1UL << _home : Band(among);
        var each = 1.0 / BitOperations.PopCount(drawn);
        var share = 0.0;
        for (var rest = drawn; rest != 0; rest &= rest - 1)
        {
            var pick = BitOperations.TrailingZeroCount(rest);
            var passed = each * (1 - _kept[pick]);
            share += pick == _ranks[index] ? each - passed : 0;
            for (var others = among & ~(1UL << pick); others != 0 && passed > 0; others &= others - 1)
            {
                var rank = BitOperations.TrailingZeroCount(others);
                var taken = passed * Taking(pick, rank);
                share += rank == _ranks[index] ? taken : 0;
                passed -= taken;
            }

            share += pick == _ranks[index] ? passed : 0;
        }

        return share;
    }

    /// <summary>Keeps a call at a node that takes only some, or passes it on, the best of the others first; if none of them takes it, it stays.</summary>
    private int PassOn(int pick, ulong among, Random random)
    {
        if (random.NextDouble() < _kept[pick])
        {
            return pick;
        }

        for (var others = among & ~(1UL << pick); others != 0; others &= others - 1)
        {
            var rank = BitOperations.TrailingZeroCount(others);
            if (Taking(pick, rank) is var taking && (taking >= 1 || random.NextDouble() < taking))
            {
                return rank;
            }
        }

        return pick;
    }

    /// <summary>The probability that a node takes what another passes on: what it keeps of its own calls, and if that one is slow, the less the more it costs itself; none at twice that.</summary>
    private double Taking(int pick, int rank) =>
        _kept[rank] * ((_shedding >> pick & 1) == 0 ? 1 : Math.Clamp(2 - (_costs[rank] / _patience[pick]), 0, 1));

    private ulong Eligible(ulong tried)
    {
        var untried = (_ready & ~tried) is var ready and not 0 ? ready : (_draining & ~tried) is var draining and not 0 ? draining : _ejected & ~tried;
        return untried != 0 || tried == 0 ? untried : Eligible(0);
    }

    private ulong Cold(ulong tried, ulong full)
    {
        var eligible = Eligible(tried);
        var cold = eligible & ~(_overCapacity | full);
        return cold != 0 ? cold : eligible;
    }

    private ulong Band(ulong among)
    {
        var end = _bandEnds[BitOperations.TrailingZeroCount(among)];
        return end >= 64 ? among : among & ((1UL << end) - 1);
    }

    /// <summary>One of a set, each as likely as the other.</summary>
    private static int Draw(ulong among, Random random)
    {
        for (var left = (int)(random.NextDouble() * BitOperations.PopCount(among)); left > 0; left--)
        {
            among &= among - 1;
        }

        return BitOperations.TrailingZeroCount(among);
    }

    private ulong ToRanks(ulong indexes)
    {
        ulong ranks = 0;
        for (; indexes != 0 && BitOperations.TrailingZeroCount(indexes) is var index && index < _count; indexes &= indexes - 1)
        {
            ranks |= 1UL << _ranks[index];
        }

        return ranks;
    }

    private ulong FindFull(ReadOnlySpan<Candidate> candidates)
    {
        ulong full = 0;
        for (var rank = 0; rank < _count; rank++)
        {
            ref readonly var candidate = ref candidates[_order[rank]];
            full |= candidate.Capacity > 0 && candidate.InFlight >= candidate.Capacity ? 1UL << rank : 0;
        }

        return full;
    }
}
