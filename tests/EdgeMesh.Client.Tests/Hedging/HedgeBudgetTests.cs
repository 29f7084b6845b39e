using EdgeMesh.Client.Hedging;

namespace EdgeMesh.Client.Tests.Hedging;

public sealed class HedgeBudgetTests
{
    [Fact]
    public void TrySpend_AtFirst_IsRefused() => Assert.False(new HedgeBudget(0.05).TrySpend());

    [Fact]
    public void TrySpend_OneInTwentyIsLate_MostAreHedgedAndNeverMoreThanTheShare()
    {
        var budget = new HedgeBudget(0.05);
        var random = new Random(1);
        var late = 0;
        var hedged = 0;
        for (var i = 1; i <= 20_000; i++)
        {
            if (random.NextDouble() < 0.05)
            {
                late++;
                hedged += budget.TrySpend() ? 1 : 0;
            }
            else
            {
                budget.NoteInTime();
            }

            Assert.True(hedged <= i * 0.05);
        }

        Assert.InRange(hedged, late * 0.8, late);
    }

    [Fact]
    public void TrySpend_EverythingBecomesSlow_StopsAfterAFew()
    {
        var budget = new HedgeBudget(0.05);
        for (var i = 0; i < 1000; i++)
        {
            budget.NoteInTime();
        }

        var hedged = Enumerable.Range(0, 1000).Count(_ => budget.TrySpend());

        Assert.InRange(hedged, 1, HedgeBudget.Reserve);
    }

    [Fact]
    public void TrySpend_WellAgain_IsGranted()
    {
        var budget = new HedgeBudget(0.05);
        for (var i = 0; i < 100; i++)
        {
            budget.TrySpend();
        }

        for (var i = 0; i < 100; i++)
        {
            budget.NoteInTime();
        }

        Assert.True(budget.TrySpend());
    }

    [Fact]
    public void TrySpend_ShareIsZero_NeverIs()
    {
        var budget = new HedgeBudget(0);
        for (var i = 0; i < 1000; i++)
        {
            budget.NoteInTime();
            Assert.False(budget.TrySpend());
        }
    }

    [Theory]
    [InlineData(10)]
    [InlineData(200)]
    public void Hedging_EverythingBecomesSlowForAMinute_AddsAtMostThreePercent(int callsPerSecond)
    {
        var calls = new SimulatedCalls(callsPerSecond, new Random(1));
        calls.Run(TimeSpan.FromMinutes(2), random => 10 + (random.NextDouble() * 5));
        var before = calls.Hedges;

        var made = calls.Run(TimeSpan.FromMinutes(1), random => 100 + (random.NextDouble() * 50));

        Assert.InRange(calls.Hedges - before, 0, made * 0.03);
    }

    [Fact]
    public void Hedging_OneInFiftyStraggles_TheTailIsAFifth()
    {
        static double Straggling(Random random) => random.NextDouble() < 0.02 ? 1000 : 10 + (random.NextDouble() * 5);
        var calls = new SimulatedCalls(100, new Random(1));
        calls.Run(TimeSpan.FromMinutes(1), Straggling);
        var (before, from) = (calls.Hedges, calls.Latencies.Count);

        var made = calls.Run(TimeSpan.FromMinutes(5), Straggling);

        var sorted = calls.Latencies.Skip(from).Order().ToList();
        Assert.InRange(sorted[(int)(sorted.Count * 0.99)], 10, 200);
        Assert.InRange(calls.Hedges - before, 0, made * 0.05);
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void Make_NoShare_Throws(double share) => Assert.Throws<ArgumentOutOfRangeException>(() => new HedgeBudget(share));

    /// <summary>Calls in order, each at a node that takes as long as it is told, and at another that takes as long when it is hedged.</summary>
    private sealed class SimulatedCalls(int callsPerSecond, Random random)
    {
        private readonly CallLatency _latency = new();
        private readonly HedgeBudget _budget = new(0.05);
        private TimeSpan _now;

        public int Hedges { get; private set; }

        public List<double> Latencies { get; } = [];

        public int Run(TimeSpan time, Func<Random, double> milliseconds)
        {
            var count = (int)(time.TotalSeconds * callsPerSecond);
            for (var i = 0; i < count; i++)
            {
                _now += TimeSpan.FromSeconds(1.0 / callsPerSecond);
                var taken = milliseconds(random);
                if (_latency.HedgeDelay(_now) is { } delay && delay.TotalMilliseconds < taken)
                {
                    if (_budget.TrySpend())
                    {
                        Hedges++;
                        taken = Math.Min(taken, delay.TotalMilliseconds + milliseconds(random));
                    }
                }
                else
                {
                    _budget.NoteInTime();
                }

                Latencies.Add(taken);
                _latency.Add(_now, TimeSpan.FromMilliseconds(taken));
            }

            return count;
        }
    }
}
