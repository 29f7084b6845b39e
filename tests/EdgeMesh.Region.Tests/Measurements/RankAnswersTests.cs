using System.Net;
using EdgeMesh.Latency.Coordinates;
using EdgeMesh.Latency.Positions;
using EdgeMesh.Latency.Reports;
using EdgeMesh.Probing.Messages;
using EdgeMesh.Region.Measurements;
using EdgeMesh.Region.Topology;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeMesh.Region.Tests.Measurements;

public sealed class RankAnswersTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly TopologyState _topology;
    private readonly MatrixState _matrix;
    private readonly ClientsState _clients;

    public RankAnswersTests()
    {
        _topology = new TopologyState(new TopologyOptions { RegionName = "eu-west-2", Version = "0.1.0", Position = Of("LHR"), Jurisdiction = "GB" }, () => [], _time, NullLogger<TopologyState>.Instance);
        _topology.SetRegionAddress("http://127.0.0.1:6400");
        _matrix = new MatrixState(_topology, _time);
        _clients = new ClientsState(new ClientReports(_time));
        Join("CDG50-1", 6401, "FR");
        Join("FRA50-1", 6402, "DE");
        Join("NRT50-1", 6403, "JP");
    }

    public void Dispose() => _topology.Dispose();

    [Fact]
    public void Answer_Position_IsInOrderOfDistanceWithWhy()
    {
        var nodes = Rank(new RankRequest { Position = Of("AMS").ToMessage() });

        Assert.Equal(["FRA50-1", "eu-west-2", "CDG50-1", "NRT50-1"], nodes.Select(node => node.Node));
        Assert.All(nodes, node => Assert.Equal(V1.RankBasis.Positions, node.Basis));
        Assert.Equal(("http://127.0.0.1:6402", NodeKind.EdgeLocation, Of("FRA").ToMessage()), (nodes[0].Address, nodes[0].Kind, nodes[0].Position));
        Assert.Matches("^36[0-9] km away, where [0-9.]+ ms is usual$", nodes[0].Why);
        Assert.InRange(nodes[0].Expected.ToTimeSpan().TotalMilliseconds, 7, 8);
        Assert.True(nodes[0].Uncertainty.ToTimeSpan() > TimeSpan.Zero);
    }

    [Theory]
    [InlineData("FRA50-1")]
    [InlineData("http://127.0.0.1:6402")]
    [InlineData("127.0.0.1:6402")]
    public void Answer_ANodeByNameOrAddress_CountsItsOwnProbesAndLeavesOutWhatItCannotReach(string address)
    {
        Tell("FRA50-1", Measured("NRT50-1", 3), Failed("CDG50-1"));

        var nodes = Rank(new RankRequest { Address = address });

        // What was measured is nearest here, wherever it stands; the node itself and the unreachable one are not there.
        Assert.Equal(["NRT50-1", "eu-west-2"], nodes.Select(node => node.Node));
        Assert.Equal((V1.RankBasis.Measured, 3.0), (nodes[0].Basis, nodes[0].Expected.ToTimeSpan().TotalMilliseconds));
    }

    [Fact]
    public void Answer_Coordinate_IsInOrderOfTheirs()
    {
        _matrix.Take("CDG50-1", new LatencyObservations { Coordinate = At(0.05) });
        _matrix.Take("NRT50-1", new LatencyObservations { Coordinate = At(0.01) });

        var nodes = Rank(new RankRequest { Coordinate = At(0) });

        Assert.Equal(["NRT50-1", "CDG50-1", "FRA50-1", "eu-west-2"], nodes.Select(node => node.Node));
        Assert.Equal([V1.RankBasis.Coordinates, V1.RankBasis.Coordinates, V1.RankBasis.Unspecified, V1.RankBasis.Unspecified], nodes.Select(node => node.Basis));
        Assert.Null(nodes[2].Expected);
        Assert.Equal(At(0.01), nodes[0].Coordinate);
    }

    [Fact]
    public void Answer_AClientsAddress_IsWhereItsNetworkReportedFrom()
    {
        _clients.Take("CDG50-1", new LatencyObservations { Networks = { new ClientNetwork { Network = "203.0.113.0/24", Position = Of("NRT").ToMessage() } } });

        Assert.Equal("NRT50-1", Rank(new RankRequest { Address = "203.0.113.9" })[0].Node);
        Assert.Equal(StatusCode.NotFound, Refused(new RankRequest { Address = "203.0.114.9" }).StatusCode);
    }

    [Fact]
    public void Answer_Requirements_LeaveOutOthers()
    {
        var near = Of("LHR").ToMessage();

        Assert.Equal(["CDG50-1", "FRA50-1"], Rank(new RankRequest { Position = near, Kinds = { NodeKind.EdgeLocation }, Limit = 2 }).Select(node => node.Node));
        Assert.Equal(["FRA50-1", "NRT50-1"], Rank(new RankRequest { Position = near, Jurisdictions = { "de", "JP" } }).Select(node => node.Node));
        Assert.Empty(Rank(new RankRequest { Position = near, Kinds = { NodeKind.LocalZone } }));
        Assert.Equal(4, Rank(new RankRequest { Position = near, Services = { "shop.v1.Catalog" } }).Count);
    }

    [Fact]
    public void Answer_DrainingAndLostNodes_AreAskedForOrNotThere()
    {
        var draining = Join("AMS50-1", 6404, "NL");
        _topology.Report(draining, new NodeReport { Draining = true });
        var near = new RankRequest { Position = Of("AMS").ToMessage() };

        Assert.DoesNotContain(Rank(near), node => node.Node == "AMS50-1");
        near.IncludeDraining = true;
        Assert.Equal("AMS50-1", Rank(near)[0].Node);

        var lost = Join("BRU50-1", 6405, "BE");
        _topology.Leave(lost);
        Assert.DoesNotContain(Rank(near), node => node.Node == "BRU50-1");
    }

    public static TheoryData<string, RankRequest> Wrong => new()
    {
        { "origin: must be a coordinate, an address or a position; is absent", new RankRequest() },
        { "position: must be a latitude from -90 to 90", new RankRequest { Position = new Position { Latitude = 91 } } },
        { "coordinate: must be 8 positions", new RankRequest { Coordinate = new LatencyCoordinate() } },
        { "address: must be 1 to 280 letters; is 0", new RankRequest { Address = "" } },
        { "address: must be 1 to 280 letters; is 281", new RankRequest { Address = new string('x', 281) } },
        { "address: must be a node's name, its address or host and port, or a client's IP address; is \"not one\\u000a\"", new RankRequest { Address = "not one\n" } },
        { "limit: must be 0 to 5000; is 5001", new RankRequest { Position = new Position(), Limit = 5_001 } },
        { "kinds: must be NODE_KIND_REGION, NODE_KIND_EDGE_LOCATION or NODE_KIND_LOCAL_ZONE; is 9", new RankRequest { Position = new Position(), Kinds = { (NodeKind)9 } } },
        { "services: must be 1 to 255 letters; is \"\"", new RankRequest { Position = new Position(), Services = { "" } } },
        { "jurisdictions: must be 1 to 32 letters, digits and hyphens, such as GB; is \"U K\"", new RankRequest { Position = new Position(), Jurisdictions = { "U K" } } },
        { "jurisdictions: must be at most 64; are 65", new RankRequest { Position = new Position(), Jurisdictions = { Enumerable.Repeat("GB", 65) } } },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Answer_Wrong_NamesFieldLimitAndValue(string said, RankRequest request)
    {
        var status = Refused(request);

        Assert.Equal(StatusCode.InvalidArgument, status.StatusCode);
        Assert.StartsWith(said, status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("LHR50-9")]
    [InlineData("http://127.0.0.1:9")]
    [InlineData("edge.example:6401")]
    public void Answer_NobodyThere_IsNotFound(string address) => Assert.Equal(StatusCode.NotFound, Refused(new RankRequest { Address = address }).StatusCode);

    [Fact]
    public void Answer_AsManyNodesAsAMeshHas_FitsAMessage()
    {
        var host = new string('h', 240);
        for (var i = 0; i < RankAnswers.MaxLimit; i++)
        {
            var hello = new JoinRequest.Types.Hello { Name = $"LHR50-{i + 1}", Kind = NodeKind.EdgeLocation, Address = $"https://{host}:6401", Version = "0.1.0", Position = Of("LHR").ToMessage() };
            _topology.Join(hello, out _);
        }

        for (var i = 0; i < RankAnswers.MaxLimit; i++)
        {
            _matrix.Take($"LHR50-{i + 1}", new LatencyObservations { Coordinate = At(i / 1e5) });
        }

        var nodes = Rank(new RankRequest { Address = "LHR50-7" });

        Assert.InRange(nodes.Count, RankAnswers.MaxLimit - 10, RankAnswers.MaxLimit);
        Assert.InRange(new RankResponse { Nodes = { nodes } }.CalculateSize(), 0, 4 << 20);
    }

    [Fact]
    public void Answer_AnyAddress_IsAnsweredOrRefusedInOrder() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<string>(),
            address =>
            {
                try
                {
                    Rank(new RankRequest { Address = address ?? "" });
                    return true;
                }
                catch (RpcException refused)
                {
                    return refused.StatusCode is StatusCode.InvalidArgument or StatusCode.NotFound;
                }
            }).QuickCheckThrowOnFailure();

    private static GeoPosition Of(string code) => LocationCodes.Find(code)!.Position;

    private static LatencyCoordinate At(double seconds)
    {
        Assert.True(Coordinate.TryCreate([seconds, 0, 0, 0, 0, 0, 0, 0], 0.0005, 0, 0.1, out var coordinate));
        return coordinate.ToMessage();
    }

    private static PairMeasurement Measured(string to, double milliseconds)
    {
        var time = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(milliseconds));
        return new() { To = to, Latency = new PairLatency { RoundTrip = time, Error = new Duration(), Age = new Duration(), Source = EstimateSource.Measured, Reachability = Reachability.Reachable, P50 = time, P99 = time } };
    }

    private static PairMeasurement Failed(string to) => new() { To = to, Latency = new PairLatency { Reachability = Reachability.Unreachable, Loss = 1 } };

    private void Tell(string node, params PairMeasurement[] pairs) => _matrix.Take(node, new LatencyObservations { Pairs = { pairs } });

    private Membership Join(string name, int port, string jurisdiction)
    {
        var hello = new JoinRequest.Types.Hello { Name = name, Kind = NodeKind.EdgeLocation, Address = $"http://127.0.0.1:{port}", Version = "0.1.0", Position = Of(name[..3]).ToMessage(), Jurisdiction = jurisdiction };
        Assert.Equal(JoinOutcome.Joined, _topology.Join(hello, out var membership));
        return membership!;
    }

    private IReadOnlyList<RankedNode> Rank(RankRequest request)
    {
        // Past the age of a snapshot.
        _time.Advance(TimeSpan.FromSeconds(1));
        return RankAnswers.Answer(request, _matrix.GetSnapshot(), _clients.FindPlace).Nodes;
    }

    private Status Refused(RankRequest request) => Assert.Throws<RpcException>(() => Rank(request)).Status;
}
