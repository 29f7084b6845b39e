using EdgeMesh.Latency.Coordinates;
using EdgeMesh.Latency.Pairs;
using EdgeMesh.Latency.Topology;

namespace EdgeMesh.Latency.Tests.Topology;

public sealed class LatencyTopologyTests
{
    private static readonly LatencyNode A = new() { Name = "a", Coordinate = Coordinate.Origin };
    private static readonly LatencyNode B = new() { Name = "b", Coordinate = Coordinate.Origin };

    [Fact]
    public void Estimate_MeasuredByEitherSide_IsThatOfBoth()
    {
        var topology = new LatencyTopology([A, B], new LatencyMatrix([("b", "a", Pair(12, EstimateSource.Measured)), ("a", "b", Pair(30, EstimateSource.Predicted))]));

        Assert.Equal(12, topology.Estimate(A, B).RoundTrip!.Value.TotalMilliseconds);
        Assert.Equal(12, topology.Estimate(B, A).RoundTrip!.Value.TotalMilliseconds);
    }

    [Fact]
    public void Estimate_NotMeasured_IsPredictedElseUnknown()
    {
        var nobody = new LatencyNode { Name = "c" };
        var topology = new LatencyTopology([A, B, nobody], LatencyMatrix.Empty);

        Assert.Equal(EstimateSource.Predicted, topology.Estimate(A, B).Source);
        Assert.Equal(PairEstimate.Unknown, topology.Estimate(A, nobody));
        Assert.Equal(PairEstimate.Unknown, topology.Estimate(nobody, A));
    }

    [Fact]
    public void Estimate_ProbesThatFailed_ArePredictedButMarked()
    {
        var failed = new PairEstimate(null, TimeSpan.Zero, TimeSpan.Zero, EstimateSource.None, Reachability.Unreachable, LossShare: 1);
        var topology = new LatencyTopology([A, B], new LatencyMatrix([("a", "b", failed)]));

        var estimate = topology.Estimate(A, B);

        Assert.Equal((EstimateSource.Predicted, Reachability.Unreachable, 1.0), (estimate.Source, estimate.Reachability, estimate.LossShare));
    }

    [Fact]
    public void New_TwoNodesOfOneName_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new LatencyTopology([A, A], LatencyMatrix.Empty));

    private static PairEstimate Pair(double milliseconds, EstimateSource source) =>
        new(TimeSpan.FromMilliseconds(milliseconds), TimeSpan.Zero, TimeSpan.Zero, source, Reachability.Reachable);
}
