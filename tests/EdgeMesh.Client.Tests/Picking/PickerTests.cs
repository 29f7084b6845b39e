using EdgeMesh.Client.Picking;
using EdgeMesh.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace EdgeMesh.Client.Tests.Picking;

public sealed class PickerTests
{
    private static readonly Gen<Candidate> AnyCandidate =
        from propagation in Gen.OneOf(Gen.Constant(double.NaN), Gen.Choose(1, 300).Select(ms => ms / 1000.0))
        from served in Gen.OneOf(Gen.Constant(double.NaN), Gen.Choose(0, 200).Select(ms => ms / 1000.0))
        from failures in Gen.OneOf(Gen.Constant(0.0), Gen.Choose(0, 100).Select(percent => percent / 100.0))
        from inFlight in Gen.Choose(0, 500)
        from capacity in Gen.Elements(0, 0, 0, 100)
        from warmth in Gen.Elements(1.0, 1.0, 1.0, 0.3)
        from shed in Gen.Elements(0.0, 0.0, 0.0, 0.6)
        from state in Gen.Choose(0, 5)
        select new Candidate
        {
            PropagationSeconds = propagation,
            ServedSeconds = served,
            ServedFloorSeconds = served / 3,
            FailureShare = failures,
            InFlight = inFlight,
            Capacity = capacity,
            Warmth = warmth,
            Shed = shed,
            IsDraining = state == 4,
            IsEjected = state == 5,
        };

    private static readonly Arbitrary<(Candidate[] Candidates, int Home, int Tried, int Seed)> AnyPick = (
        from count in Gen.Choose(1, Picker.MaxCandidates)
        from candidates in AnyCandidate.ArrayOf(count)
        from home in Gen.Choose(-1, count - 1)
        from tried in Gen.Choose(0, int.MaxValue)
        from seed in Gen.Choose(0, 1000)
        select (candidates, home, tried, seed)).ToArbitrary();

    [Fact]
    public void Pick_NoCandidates_IsNone() => Assert.Equal(-1, Picker.Pick([], -1, 0, new ScriptedRandom()));

    [Fact]
    public void Pick_MoreThanFit_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Picker.Pick(new Candidate[Picker.MaxCandidates + 1], -1, 0, new ScriptedRandom()));

    [Fact]
    public void Pick_Anything_TakesTheBestKindThereIs() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(AnyPick, pick =>
    {
        var (candidates, home, tried, seed) = pick;
        var index = Picker.Pick(candidates, home, (ulong)tried, new Random(seed));

        Assert.InRange(index, 0, candidates.Length - 1);
        var untried = Enumerable.Range(0, candidates.Length).Where(i => i > 30 || (tried >> i & 1) == 0).ToList();
        Assert.Equal(untried.Count > 0, untried.Contains(index));
        var pool = untried.Count > 0 ? untried : [.. Enumerable.Range(0, candidates.Length)];
        Assert.Equal(pool.Min(i => Kind(candidates[i])), Kind(candidates[index]));
        Assert.Equal(index, Picker.Pick(candidates, home, (ulong)tried, new Random(seed)));
    }));

    [Fact]
    public void Pick_WithoutHome_IsWithinTheBandOfTheLeastCost() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(AnyPick, pick =>
    {
        // Neither full, nor slow, nor warming up: cost alone decides.
        var candidates = pick.Candidates.Select(candidate => candidate with { ServedFloorSeconds = candidate.ServedSeconds, Capacity = 0, Warmth = 1, Shed = 0, IsDraining = false, IsEjected = false }).ToArray();
        var served = Picker.MeanFloor(candidates);
        var least = candidates.Min(candidate => Picker.CostOf(candidate, served));

        var index = Picker.Pick(candidates, -1, 0, new Random(pick.Seed));

        Assert.True(Picker.CostOf(candidates[index], served) <= least + Math.Max(0.002, least * 0.1));
    }));

    [Fact]
    public void Pick_SeveralWithinTheBand_TakesEachAsOften()
    {
        Candidate[] candidates = [Near(0.010), Near(0.0115), Near(0.0119), Near(0.0125), Near(0.200)];
        var random = new Random(1);
        var counts = new int[candidates.Length];
        for (var i = 0; i < 9000; i++)
        {
            counts[Picker.Pick(candidates, -1, 0, random)]++;
        }

        Assert.All(counts[..3], count => Assert.InRange(count, 2700, 3300));
        Assert.Equal([0, 0], counts[3..]);
    }

    [Fact]
    public void Pick_Home_IsKeptThoughAnotherIsNearer() => Assert.Equal(1, Picker.Pick([Near(0.001), Near(0.080)], 1, 0, new ScriptedRandom()));

    [Fact]
    public void Pick_NodeThatFailsAtOnce_IsNotTheFastest()
    {
        Candidate[] candidates = [Near(0.001) with { FailureShare = 0.3 }, Near(0.080)];

        Assert.Equal(1, Picker.Pick(candidates, -1, 0, ScriptedRandom.Repeating(0)));
    }

    [Fact]
    public void Pick_NobodyKnowsWhatItServes_IsNeitherFasterNorSlower()
    {
        // The first served slow methods; nobody has asked the second, which is further.
        Candidate[] candidates = [Near(0.010) with { ServedSeconds = 0.050, ServedFloorSeconds = 0.050 }, Near(0.020)];

        Assert.Equal(0, Picker.Pick(candidates, -1, 0, ScriptedRandom.Repeating(0)));
    }

    [Fact]
    public void Pick_OverCapacity_IsAvoidedWhileOthersAreCold()
    {
        var full = Near(0.001) with { Capacity = 100, InFlight = 100 };

        Assert.Equal(1, Picker.Pick([full, Near(0.080)], 0, 0, ScriptedRandom.Repeating(0)));
        Assert.Equal(0, Picker.Pick([full, full], 0, 0, ScriptedRandom.Repeating(0)));
    }

    [Fact]
    public void Pick_Slow_PassesItsShareToWhoeverCostsNoMore()
    {
        // At its limit the home costs 24 ms; the second costs less, the last twice as much.
        Candidate[] candidates =
        [
            Near(0.002) with { ServedSeconds = 0.022, ServedFloorSeconds = 0.010, Shed = 0.5 },
            Near(0.008) with { ServedSeconds = 0.010, ServedFloorSeconds = 0.010, Shed = 0.4 },
            Near(0.026) with { ServedSeconds = 0.010, ServedFloorSeconds = 0.010 },
            Near(0.038) with { ServedSeconds = 0.010, ServedFloorSeconds = 0.010 },
        ];
        var table = new PickTable(candidates, 0);

        // Of the half that the home passes on, the second takes its 0.6, and the third half of the rest, since it costs half as much again; what is left stays.
        double[] expected = [0.6, 0.3, 0.1, 0];
        Assert.All(expected.Select((share, i) => (share, i)), one => Assert.Equal(one.share, table.ShareOf(one.i), 9));
    }

    [Fact]
    public void Pick_EveryoneIsSlow_MostCallsStay()
    {
        Candidate[] candidates = [.. Enumerable.Range(0, 5).Select(i => Near(0.002 + (i * 0.006)) with { ServedSeconds = 0.2, ServedFloorSeconds = 0.010, Shed = 0.95 })];

        Assert.InRange(new PickTable(candidates, 0).ShareOf(0), 0.8, 1);
    }

    [Fact]
    public void PickCold_Slow_IsNoHelp() => Assert.Equal(-1, new PickTable([Near(0.001), Near(0.002) with { Shed = 0.01 }], 0).PickCold(tried: 0b01, new ScriptedRandom()));

    [Fact]
    public void Pick_WarmingUp_GetsItsShare()
    {
        Candidate[] candidates = [Near(0.001) with { Warmth = 0.25 }, Near(0.080)];
        var random = new Random(1);
        var count = Enumerable.Range(0, 4000).Count(_ => Picker.Pick(candidates, 0, 0, random) == 0);

        Assert.InRange(count, 900, 1100);
        Assert.Equal(0, Picker.Pick([.. candidates.Select(candidate => candidate with { Warmth = 0.25 })], 0, 0, ScriptedRandom.Repeating(0.9)));
    }

    [Fact]
    public void Pick_FullSinceTheTableWasMade_IsAvoidedWhileOthersAreNot()
    {
        var table = new PickTable([Near(0.001), Near(0.080)], 0);

        Assert.Equal(1, table.Pick(tried: 0, full: 0b01, new ScriptedRandom(0)));
        Assert.Equal(0, table.Pick(tried: 0, full: 0b11, new ScriptedRandom()));
    }

    [Fact]
    public void Table_Anything_SharesAreWhatPicksDraw() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(100), Prop.ForAll(AnyPick, pick =>
    {
        const int Draws = 2000;
        var table = new PickTable(pick.Candidates, pick.Home);
        var random = new Random(pick.Seed);
        var counts = new int[pick.Candidates.Length];
        for (var i = 0; i < Draws; i++)
        {
            counts[table.Pick(0, 0, random)]++;
        }

        Assert.Equal(1, counts.Select((_, i) => table.ShareOf(i)).Sum(), 9);
        for (var i = 0; i < counts.Length; i++)
        {
            // Six standard deviations, whatever the seed.
            Assert.InRange(counts[i], (Draws * table.ShareOf(i)) - (3 * Math.Sqrt(Draws)), (Draws * table.ShareOf(i)) + (3 * Math.Sqrt(Draws)));
            Assert.True(counts[i] > 0 || table.ShareOf(i) < 0.1);
            Assert.True(table.ShareOf(i) > 0 || counts[i] == 0);
        }
    }));

    [Fact]
    public void Table_EachKind_HasItsVerdict()
    {
        Candidate[] candidates =
        [
            Near(0.010) with { ServedSeconds = 0.001, ServedFloorSeconds = 0.001 },
            Near(0.009) with { ServedSeconds = 0.001, ServedFloorSeconds = 0.001 },
            Near(0.030) with { ServedSeconds = 0.001, ServedFloorSeconds = 0.001 },
            Near(0.001) with { Capacity = 5, InFlight = 5 },
            Near(0.031) with { ServedSeconds = 0.050, ServedFloorSeconds = 0.001, Shed = 0.7 },
            Near(0.001) with { IsDraining = true },
            Near(0.001) with { IsDraining = true, IsEjected = true },
        ];
        var table = new PickTable(candidates, 0);

        Assert.Equal(
            [PickVerdict.Home, PickVerdict.WithinBand, PickVerdict.BeyondBand, PickVerdict.OverCapacity, PickVerdict.Queueing, PickVerdict.Draining, PickVerdict.Ejected],
            candidates.Select((_, i) => table.VerdictOf(i)));
        Assert.Equal([1, 0, 0, 0, 0, 0, 0], candidates.Select((_, i) => table.ShareOf(i)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0x5555)]
    public void Pick_Repeated_AllocatesNothing(ulong tried)
    {
        var table = new PickTable([.. Enumerable.Range(0, Picker.MaxCandidates).Select(i => Near(0.010 + (i * 0.001)) with { ServedSeconds = 0.020, ServedFloorSeconds = 0.001, InFlight = i })], -1);
        var random = new Random(1);
        var sum = table.Pick(tried, 1, random);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            sum += table.Pick(tried, 1, random);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(sum >= 0);
    }

    private static int Kind(Candidate candidate) => candidate.IsEjected ? 2 : candidate.IsDraining ? 1 : 0;

    private static Candidate Near(double seconds) => new() { PropagationSeconds = seconds, ServedSeconds = double.NaN, ServedFloorSeconds = double.NaN, Warmth = 1 };
}
