using System.Net;
using EdgeMesh.Latency.Coordinates;
using EdgeMesh.Latency.Positions;
using EdgeMesh.Latency.Reports;
using EdgeMesh.Probing.Messages;
using EdgeMesh.Probing.Reports;
using EdgeMesh.Relay.Hosting;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeMesh.Probing.Tests.Reports;

public sealed class ReportGrpcServiceTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new();
    private WebApplication? _app;
    private GrpcChannel? _channel;

    private ClientReports Reports => _app!.Services.GetRequiredService<ClientReports>();

    public async Task InitializeAsync()
    {
        var endPoint = new IPEndPoint(IPAddress.Loopback, 0);
        var builder = NodeHost.CreateBuilder(endPoint, tls: null, _ => { }, TimeSpan.FromSeconds(30));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<TimeProvider>(_time).AddSingleton<ClientReports>();
        _app = builder.Build();
        ReportGrpcService.Use(_app);
        await NodeHost.StartAsync(_app, "--listen", endPoint, CancellationToken.None);
        _channel = GrpcChannel.ForAddress(NodeHost.GetAddress(_app));
    }

    public async Task DisposeAsync()
    {
        _channel!.Dispose();
        await _app!.DisposeAsync();
    }

    [Fact]
    public async Task ReportLatency_Right_CountsAndSaysWhenToReportAgain()
    {
        var answer = await ReportAsync(Right());

        Assert.Equal(ClientReports.Interval, answer.Interval.ToTimeSpan());
        var read = Reports.Read();
        Assert.Equal((1, 100L), (read.Clients, read.RoundTrips.Count));
        var (network, place) = Assert.Single(Reports.TakePlaces(10));
        Assert.Equal("127.0.0.0/24", network.ToString());
        Assert.Equal(new GeoPosition(51.5, -0.1), place.Position);
        Assert.NotNull(place.Coordinate);
    }

    [Fact]
    public async Task ReportLatency_AgainAtOnce_IsExhausted()
    {
        await ReportAsync(Right());

        var fault = await Assert.ThrowsAsync<RpcException>(() => ReportAsync(Right()));

        Assert.Equal(StatusCode.ResourceExhausted, fault.StatusCode);
        Assert.Contains("every 5 seconds", fault.Status.Detail, StringComparison.Ordinal);
        _time.Advance(ClientReports.LeastInterval);
        await ReportAsync(Right());
    }

    public static TheoryData<string, Action<ReportLatencyRequest>> Wrong => new()
    {
        { "client: must be 1 to 64 bytes; is 0", report => report.Client = ByteString.Empty },
        { "client: must be 1 to 64 bytes; is 65", report => report.Client = ByteString.CopyFrom(new byte[65]) },
        { "buckets: must be at most 2048; are 2049", report => report.Buckets.AddRange(Enumerable.Repeat(report.Buckets[0], 2048)) },
        { "buckets[0].latency: must be above 0 and at most 60 s; is absent", report => report.Buckets[0].Latency = null },
        { "buckets[0].latency: must be above 0 and at most 60 s; is \"-1s\"", report => report.Buckets[0].Latency = new Duration { Seconds = -1 } },
        { "buckets[0].latency: must be above 0 and at most 60 s", report => report.Buckets[0].Latency = new Duration { Seconds = long.MaxValue } },
        { "coordinate: must be 8 positions", report => report.Coordinate.Position[3] = double.NaN },
        { "position: must be a latitude from -90 to 90 and a longitude from -180 to 180, in degrees; is 51.5, 181", report => report.Position.Longitude = 181 },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task ReportLatency_Wrong_NamesFieldLimitAndValue(string said, Action<ReportLatencyRequest> spoil)
    {
        var report = Right();
        spoil(report);

        var fault = await Assert.ThrowsAsync<RpcException>(() => ReportAsync(report));

        Assert.Equal(StatusCode.InvalidArgument, fault.StatusCode);
        Assert.StartsWith(said, fault.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(0, Reports.Read().Clients);
    }

    [Fact]
    public async Task Read_OfWhatWasAdded_IsTheSame()
    {
        await ReportAsync(Right());
        var before = Reports.Read();
        var observations = new LatencyObservations();

        ClientLatencyMessages.Add(observations, Reports);

        var read = ClientLatencyMessages.Read(observations.Clients)!;
        Assert.Equal(before.RoundTrips.Buckets(), read.RoundTrips.Buckets());
        Assert.Equal((before.Clients, before.Reach), (read.Clients, read.Reach));
        Assert.Equal("127.0.0.0/24", Assert.Single(ClientLatencyMessages.ReadNetworks(observations.Networks)).Network.ToString());
        var next = new LatencyObservations();
        ClientLatencyMessages.Add(next, Reports);
        Assert.Empty(next.Networks);
    }

    [Fact]
    public void Read_LiesOfANode_AreLeftOutOrBounded()
    {
        var lies = new ClientLatency { Window = new Duration { Seconds = -5 }, Clients = uint.MaxValue };
        lies.Buckets.Add(new LatencyBucket { Latency = new Duration { Nanos = -1 }, Count = 5 });
        lies.Buckets.AddRange(Enumerable.Repeat(new LatencyBucket { Latency = new Duration { Seconds = 1 }, Count = ulong.MaxValue }, 2_000));

        var read = ClientLatencyMessages.Read(lies)!;

        Assert.Equal((2_000L * int.MaxValue, int.MaxValue, TimeSpan.Zero), (read.RoundTrips.Count, read.Clients, read.Reach));
        Assert.Empty(ClientLatencyMessages.ReadNetworks([new ClientNetwork { Network = "0.0.0.0/0", Position = new Position() }, new ClientNetwork { Network = "192.0.2.0/24" }]));
    }

    private static ReportLatencyRequest Right() => new()
    {
        Client = ByteString.CopyFromUtf8("one"),
        Buckets = { new LatencyBucket { Latency = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(5)), Count = 100 } },
        Coordinate = Coordinate.Origin.ToMessage(),
        Position = new Position { Latitude = 51.5, Longitude = -0.1 },
    };

    private async Task<ReportLatencyResponse> ReportAsync(ReportLatencyRequest report) => await new LatencyService.LatencyServiceClient(_channel!).ReportLatencyAsync(report);
}
