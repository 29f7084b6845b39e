using EdgeMesh.Latency.Coordinates;
using EdgeMesh.Latency.Pairs;
using FsCheck;
using FsCheck.Fluent;

namespace EdgeMesh.Latency.Tests.Pairs;

public sealed class PairStateTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    [Fact]
    public void Estimate_NeverProbed_IsPredictedAndUnknown()
    {
        var estimate = new PairState(Interval).Estimate(TimeSpan.Zero, Coordinate.Origin, Coordinate.Origin);

        Assert.Equal((EstimateSource.Predicted, Reachability.Unknown), (estimate.Source, estimate.Reachability));
    }

    [Fact]
    public void Estimate_NeitherProbesNorCoordinate_IsNothing() =>
        Assert.Equal(PairEstimate.Unknown, new PairState(Interval).Estimate(TimeSpan.Zero, Coordinate.Origin, null));

    [Fact]
    public void Estimate_Answered_IsTheMinimumWithItsAgeAndError()
    {
        var pair = new PairState(Interval);
        foreach (var (second, milliseconds) in new[] { (0, 14), (5, 10), (10, 14) })
        {
            Assert.True(pair.Answered(TimeSpan.FromSeconds(second), TimeSpan.FromMilliseconds(milliseconds)));
        }

        var estimate = pair.Estimate(TimeSpan.FromSeconds(17), Coordinate.Origin, Coordinate.Origin);

        Assert.Equal(TimeSpan.FromMilliseconds(10), estimate.RoundTrip);
        Assert.Equal(TimeSpan.FromSeconds(7), estimate.Age);
        Assert.Equal(2, estimate.Error.TotalMilliseconds, 0.2);
        Assert.Equal((EstimateSource.Measured, Reachability.Reachable), (estimate.Source, estimate.Reachability));
    }

    [Fact]
    public void Estimate_OnlyFailures_IsNeverBare()
    {
        var pair = new PairState(Interval);
        pair.Lost(TimeSpan.Zero);

        var estimate = pair.Estimate(TimeSpan.FromSeconds(1), Coordinate.Origin, Coordinate.Origin);

        Assert.Equal((EstimateSource.Predicted, Reachability.Unreachable), (estimate.Source, estimate.Reachability));
        Assert.Equal(1, estimate.LossShare);
    }

    [Fact]
    public void Estimate_ThreeFailuresAfterAnswers_IsUnreachableAndAnAnswerBringsItBack()
    {
        var pair = new PairState(Interval);
        pair.Answered(TimeSpan.Zero, TimeSpan.FromMilliseconds(10));
        for (var i = 1; i <= PairState.UnreachableAfter; i++)
        {
            Assert.Equal(Reachability.Reachable, pair.Estimate(Interval * i, Coordinate.Origin, null).Reachability);
            pair.Lost(Interval * i);
        }

        Assert.Equal(Reachability.Unreachable, pair.Estimate(Interval * 4, Coordinate.Origin, null).Reachability);

        pair.Answered(Interval * 5, TimeSpan.FromMilliseconds(11));
        Assert.Equal(Reachability.Reachable, pair.Estimate(Interval * 5, Coordinate.Origin, null).Reachability);
    }

    [Fact]
    public void Answered_AnImplausibleRoundTrip_CountsAsLost()
    {
        var pair = new PairState(Interval);

        Assert.False(pair.Answered(TimeSpan.Zero, TimeSpan.FromMilliseconds(-3)));
        Assert.Equal(1, pair.Implausible);
        Assert.Equal(Reachability.Unreachable, pair.Estimate(TimeSpan.Zero, Coordinate.Origin, null).Reachability);
    }

    [Fact]
    public void Estimate_AnyJumpsOfTheClock_StayWithinWhatWasMeasured()
    {
        var steps = Gen.Elements(-1e9, -3600, -5, 0, 5, 5, 5, 3600, 1e9).ListOf();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(steps.ToArbitrary(), jumps =>
        {
            var pair = new PairState(Interval);
            var now = 0.0;
            var age = TimeSpan.Zero;
            foreach (var jump in jumps)
            {
                now += jump;
                var before = pair.Estimate(TimeSpan.FromSeconds(now), Coordinate.Origin, null);
                Assert.InRange(before.Age, age, age + PairState.LongestStep);

                Assert.True(pair.Answered(TimeSpan.FromSeconds(now), TimeSpan.FromMilliseconds(10)));
                var after = pair.Estimate(TimeSpan.FromSeconds(now), Coordinate.Origin, null);
                Assert.Equal((TimeSpan.FromMilliseconds(10), TimeSpan.Zero), (after.RoundTrip!.Value, after.Age));
            }
        }));
    }
}
