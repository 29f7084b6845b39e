using EdgeMesh.Latency.Coordinates;
using EdgeMesh.Latency.Pairs;
using EdgeMesh.Latency.Positions;
using EdgeMesh.Latency.Ranking;
using EdgeMesh.Latency.Topology;

namespace EdgeMesh.Latency.Tests.Ranking;

public sealed class NodeRankingTests
{
    private static readonly LatencyNode London = Node("LHR50-1") with { Kind = "edge-location", Jurisdiction = "GB" };
    private static readonly LatencyNode Paris = Node("CDG50-1") with { Kind = "edge-location", Jurisdiction = "FR" };
    private static readonly LatencyNode NewYork = Node("JFK50-1") with { Kind = "edge-location", Jurisdiction = "US" };

    [Fact]
    public void Rank_ByPosition_IsByGreatCircle()
    {
        var ranked = Rank(new RankOrigin(Position: new GeoPosition(53.36, -2.27)));

        Assert.Equal(["LHR50-1", "CDG50-1", "JFK50-1"], ranked.Select(r => r.Node.Name));
        Assert.All(ranked, r => Assert.Equal(RankBasis.Positions, r.Basis));
        Assert.Contains("km away", ranked[0].Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Rank_AConfidentCoordinate_OutweighsThePosition()
    {
        // It says that it is in New York, and its probes say London.
        var here = At(0.001);
        LatencyNode[] nodes = [London with { Coordinate = At(0) }, Paris with { Coordinate = At(0.008) }, NewYork with { Coordinate = At(0.07) }];

        var ranked = NodeRanking.Rank(new LatencyTopology(nodes, LatencyMatrix.Empty), new RankOrigin(here, NewYork.Position), RankRequirements.None);

        Assert.Equal("LHR50-1", ranked[0].Node.Name);
        Assert.Equal(RankBasis.Coordinates, ranked[0].Basis);
    }

    [Fact]
    public void Rank_ANode_UsesItsProbesAndLeavesOutWhomItCannotReach()
    {
        var matrix = new LatencyMatrix(
        [
            ("MAN50-1", "JFK50-1", Measured(70)),
            ("LHR50-1", "MAN50-1", Measured(6)),
            ("MAN50-1", "CDG50-1", new PairEstimate(TimeSpan.FromMilliseconds(9), TimeSpan.Zero, TimeSpan.Zero, EstimateSource.Measured, Reachability.Unreachable)),
        ]);
        var topology = new LatencyTopology([NewYork, London, Paris, Node("MAN50-1")], matrix);

        var ranked = NodeRanking.Rank(topology, new RankOrigin(NodeName: "MAN50-1"), RankRequirements.None);

        Assert.Equal([("LHR50-1", 6.0), ("JFK50-1", 70.0)], ranked.Select(r => (r.Node.Name, r.Expected!.Value.TotalMilliseconds)));
        Assert.All(ranked, r => Assert.Equal(RankBasis.Measured, r.Basis));
    }

    [Fact]
    public void Rank_Requirements_LeaveOutWhatDoesNotMeetThem()
    {
        LatencyNode[] nodes =
        [
            London with { Draining = true },
            Paris with { Services = ["shop.v1.Catalog"] },
            NewYork with { Services = ["shop.v1.Catalog", "shop.v1.Basket"] },
            Node("eu-west-2") with { Kind = "region", Jurisdiction = "GB" },
        ];
        var topology = new LatencyTopology(nodes, LatencyMatrix.Empty);

        Assert.Equal(["CDG50-1", "JFK50-1", "eu-west-2"], Names(RankRequirements.None));
        Assert.Equal(["CDG50-1", "JFK50-1"], Names(new() { Kinds = ["Edge-Location"] }));
        Assert.Equal(["JFK50-1", "eu-west-2"], Names(new() { Services = ["shop.v1.Basket"] }));
        Assert.Equal(["eu-west-2"], Names(new() { Jurisdictions = ["gb"] }));
        Assert.Equal(["LHR50-1", "eu-west-2"], Names(new() { Jurisdictions = ["GB"], IncludeDraining = true }));

        string[] Names(RankRequirements requirements) =>
            [.. NodeRanking.Rank(topology, new RankOrigin(), requirements).Select(r => r.Node.Name)];
    }

    [Fact]
    public void Rank_NothingKnown_IsLastAndSaysSo()
    {
        var ranked = NodeRanking.Rank(
            new LatencyTopology([new LatencyNode { Name = "somewhere" }, NewYork], LatencyMatrix.Empty),
            new RankOrigin(Position: London.Position),
            RankRequirements.None);

        Assert.Equal(["JFK50-1", "somewhere"], ranked.Select(r => r.Node.Name));
        Assert.Equal((null, RankBasis.Nothing), (ranked[1].Expected, ranked[1].Basis));
    }

    private static IReadOnlyList<RankedNode> Rank(RankOrigin origin) =>
        NodeRanking.Rank(new LatencyTopology([NewYork, Paris, London], LatencyMatrix.Empty), origin, RankRequirements.None);

    private static LatencyNode Node(string name) => new() { Name = name, Position = LocationCodes.Find(name)?.Position };

    private static PairEstimate Measured(double milliseconds) =>
        new(TimeSpan.FromMilliseconds(milliseconds), TimeSpan.Zero, TimeSpan.FromSeconds(2), EstimateSource.Measured, Reachability.Reachable);

    private static Coordinate At(double x)
    {
        var position = new double[Coordinate.Dimensions];
        position[0] = x;
        Assert.True(Coordinate.TryCreate(position, 0.001, 0, 0.05, out var coordinate));
        return coordinate;
    }
}
