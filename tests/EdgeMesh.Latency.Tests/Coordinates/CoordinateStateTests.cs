using EdgeMesh.Latency.Coordinates;
using FsCheck;
using FsCheck.Fluent;

namespace EdgeMesh.Latency.Tests.Coordinates;

public sealed class CoordinateStateTests
{
    [Fact]
    public void Observe_PointsOnALine_LearnsTheirDistances()
    {
        // Eight nodes, 10 ms apart, each asking everyone in turn.
        const int Nodes = 8;
        var states = Enumerable.Range(0, Nodes).Select(i => new CoordinateState(new Random(i))).ToArray();
        for (var round = 0; round < 200; round++)
        {
            foreach (var (i, j) in Pairs(Nodes))
            {
                states[i].Observe($"n{j}", states[j].Current, Truth(i, j));
            }
        }

        foreach (var (i, j) in Pairs(Nodes))
        {
            var predicted = states[i].Current.DistanceTo(states[j].Current);
            Assert.InRange(predicted / Truth(i, j), 0.9, 1.1);
        }

        Assert.All(states, state => Assert.InRange(state.Current.Error, 0, 0.1));

        static TimeSpan Truth(int i, int j) => TimeSpan.FromMilliseconds(10 * Math.Abs(i - j));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(10_001)]
    [InlineData(1e9)]
    public void Observe_RoundTripThatCannotBe_IsRejectedAndCounted(double milliseconds)
    {
        var state = new CoordinateState(new Random(1));

        Assert.Equal(SampleOutcome.ImplausibleRoundTrip, state.Observe("a", Coordinate.Origin, TimeSpan.FromMilliseconds(milliseconds)));
        Assert.Same(Coordinate.Origin, state.Current);
        Assert.Equal((0, 1), (state.Accepted, state.Rejected));
    }

    [Fact]
    public void Observe_OneLieAmongHonestSamples_MovesPredictionsLittle()
    {
        var state = new CoordinateState(new Random(1));
        var peers = new[] { 0.02, 0.05, 0.08 }.Select(x => At(x)).ToArray();
        for (var round = 0; round < 100; round++)
        {
            for (var i = 0; i < peers.Length; i++)
            {
                state.Observe($"p{i}", peers[i], TimeSpan.FromMilliseconds(30 + (10 * i)));
            }
        }

        var before = state.Current;
        state.Observe("p0", peers[0], RoundTrip.Longest);

        // The filter lets a single high sample of a known peer through not at all.
        Assert.InRange((state.Current.DistanceTo(peers[1]) - before.DistanceTo(peers[1])).Duration().TotalMilliseconds, 0, 1);
    }

    [Fact]
    public void Observe_AnySequenceOfLies_StaysFiniteAndWithinBounds()
    {
        var lies = (from milliseconds in Gen.Elements(-1e12, -1, 0, 1e-7, 0.5, 40, 9_999, 10_000, 10_001, 1e12)
                    from component in Gen.Elements(-10.0, -1e-6, 0, 1e-6, 0.3, 10)
                    from error in Gen.Elements(0.0, 1e-6, 1.5)
                    select (milliseconds, component, error)).ListOf();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(lies.ToArbitrary(), samples =>
        {
            var state = new CoordinateState(new Random(3));
            var peer = 0;
            foreach (var (milliseconds, component, error) in samples)
            {
                var position = new double[Coordinate.Dimensions];
                position.AsSpan().Fill(component);
                Assert.True(Coordinate.TryCreate(position, Math.Abs(component), component, error, out var coordinate));
                state.Observe($"p{peer++ % 3}", coordinate, TimeSpan.FromMilliseconds(milliseconds));

                var current = state.Current;
                Assert.True(Coordinate.TryCreate(current.Position, current.HeightSeconds, current.AdjustmentSeconds, current.Error, out _));
                Assert.InRange(current.DistanceSecondsTo(Coordinate.Origin), double.Epsilon, 60);
            }
        }));
    }

    [Fact]
    public void Observe_MorePeersThanAreRemembered_ForgetsTheLongestUnheard()
    {
        const int MostPeers = CoordinateState.MaxPeers + 100;
        var state = new CoordinateState(new Random(1));
        for (var i = 0; i < MostPeers; i++)
        {
            state.Observe($"p{i}", Coordinate.Origin, TimeSpan.FromMilliseconds(20));
        }

        Assert.Equal(MostPeers, state.Accepted);
    }

    private static IEnumerable<(int I, int J)> Pairs(int nodes) =>
        from i in Enumerable.Range(0, nodes) from j in Enumerable.Range(0, nodes) where i != j select (i, j);

    private static Coordinate At(double x)
    {
        var position = new double[Coordinate.Dimensions];
        position[0] = x;
        Assert.True(Coordinate.TryCreate(position, 0.001, 0, 0.1, out var coordinate));
        return coordinate;
    }
}
