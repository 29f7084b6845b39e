using EdgeMesh.EdgeLocation;
using EdgeMesh.Region;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Scenarios.Latencies;

/// <summary>A Region and edges that probe each other every tenth of a second, and what the Region knows of it.</summary>
public sealed class MeasuredMeshTests : IAsyncLifetime
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.1);
    private static readonly string[] EdgeNames = ["CDG50-1", "FRA50-1", "LHR50-1"];

    private readonly TempDirectory _data = new();
    private readonly LogCollector _log = new();
    private readonly List<EdgeLocationNode> _edges = [];
    private RegionNode _region = null!;
    private GrpcChannel _admin = null!;

    public async Task InitializeAsync()
    {
        _region = await RegionNode.StartAsync(
            new RegionOptions { Name = "eu-west-2", Listen = "127.0.0.1:0", AdminListen = "127.0.0.1:0", DataDirectory = _data.Path, ProbeInterval = Interval, ShutdownTimeout = TimeSpan.FromMinutes(1) },
            logging => logging.AddProvider(_log),
            CancellationToken.None);
        foreach (var name in EdgeNames)
        {
            _edges.Add(await EdgeLocationNode.StartAsync(
                new EdgeLocationOptions { Name = name, Listen = "127.0.0.1:0", AdminListen = "127.0.0.1:0", Region = _region.Address, RegionAdmin = _region.AdminAddress, CacheBytes = 1 << 20, ProbeInterval = Interval, ShutdownTimeout = TimeSpan.FromMinutes(1) },
                logging => logging.AddProvider(_log),
                CancellationToken.None));
        }

        _admin = GrpcChannel.ForAddress(_region.AdminAddress);
    }

    public async Task DisposeAsync()
    {
        _admin.Dispose();

        // Open probe streams hold nobody up.
        foreach (var edge in _edges)
        {
            await edge.StopAsync(CancellationToken.None).WaitAsync(TestDeadline.Default);
            await edge.DisposeAsync();
        }

        await _region.StopAsync(CancellationToken.None).WaitAsync(TestDeadline.Default);
        await _region.DisposeAsync();
        _log.AssertNoUnexpectedErrors();
        _data.Dispose();
    }

    [Fact]
    public async Task Matrix_OfAMesh_HasEveryPairMeasuredAndNoProbeCountsAsACall()
    {
        var client = new LatencyService.LatencyServiceClient(_admin);
        using var limit = new CancellationTokenSource(TestDeadline.Default);
        using var watch = client.WatchMatrix(new WatchMatrixRequest { Interval = new() { Seconds = 1 } }, cancellationToken: limit.Token);
        LatencyMatrix matrix;
        do
        {
            Assert.True(await watch.ResponseStream.MoveNext(limit.Token));
            matrix = watch.ResponseStream.Current.Matrix;
        }
        while (matrix.Nodes.Count < 4 || matrix.Pairs.Any(pair => pair.Latency.Source != EstimateSource.Measured) || matrix.Nodes.Any(node => node.Coordinate is null));

        Assert.Equal(["eu-west-2", .. EdgeNames], matrix.Nodes.Select(node => node.Node));
        Assert.Equal(12, matrix.Pairs.Count);
        Assert.All(matrix.Pairs, pair => Assert.Equal(Reachability.Reachable, pair.Latency.Reachability));
        Assert.All(matrix.Pairs, pair => Assert.InRange(pair.Latency.RoundTrip.ToTimeSpan(), TimeSpan.FromTicks(1), TimeSpan.FromSeconds(1)));
        var some = await client.GetMatrixAsync(new GetMatrixRequest { Nodes = { "LHR50-1", "CDG50-1" } }, cancellationToken: limit.Token);
        Assert.Equal((2, 2), (some.Matrix.Nodes.Count, some.Matrix.Pairs.Count));

        var nodes = await new TopologyService.TopologyServiceClient(_admin).ListNodesAsync(new ListNodesRequest(), cancellationToken: limit.Token);
        Assert.All(nodes.Nodes.Skip(1), node => Assert.Equal((0UL, 0UL, null), (node.Report.Calls, node.Report.InFlight, node.Report.Observations)));
    }

    [Fact]
    public async Task Probe_OfAnEdge_NamesItsNeighboursOnceItKnowsThem()
    {
        using var channel = GrpcChannel.ForAddress(_edges[0].Address);
        var client = new LatencyService.LatencyServiceClient(channel);
        using var limit = new CancellationTokenSource(TestDeadline.Default);
        ProbeResponse answer;
        do
        {
            answer = await client.ProbeAsync(new ProbeRequest { Neighbours = true }, cancellationToken: limit.Token);
        }
        while (answer.Neighbours.Count < 3);

        Assert.Equal(("CDG50-1", "eu-west-2"), (answer.Node, answer.Region));
        Assert.Equal(["FRA50-1", "LHR50-1", "eu-west-2"], answer.Neighbours.Select(neighbour => neighbour.Node).Order(StringComparer.Ordinal));
        Assert.Equal(answer.Neighbours.OrderBy(neighbour => neighbour.RoundTrip.ToTimeSpan()), answer.Neighbours);
        Assert.Equal(8, answer.Coordinate.Position.Count);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(301)]
    public async Task WatchMatrix_AnIntervalOutOfRange_IsInvalid(double seconds)
    {
        var request = new WatchMatrixRequest { Interval = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromSeconds(seconds)) };
        using var watch = new LatencyService.LatencyServiceClient(_admin).WatchMatrix(request);

        var fault = await Assert.ThrowsAsync<RpcException>(() => watch.ResponseStream.MoveNext(CancellationToken.None));

        Assert.Equal(StatusCode.InvalidArgument, fault.StatusCode);
        Assert.Contains("interval", fault.Status.Detail, StringComparison.Ordinal);
    }
}
