using System.Net;
using EdgeMesh.Latency.Reports;
using EdgeMesh.Region.Log;
using EdgeMesh.Region.Measurements;
using EdgeMesh.Region.Topology;
using EdgeMesh.Region.Zones;
using EdgeMesh.Relay.Coherence;
using EdgeMesh.Storage;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Region.Tests.Topology;

/// <summary>The service over real connections, with a clock that the tests move.</summary>
public sealed class TopologyGrpcServiceTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new();
    private readonly LogCollector _log = new();
    private readonly TopologyOptions _options = new() { RegionName = "eu-west-2", Version = "0.1.0", MaxNodes = 2 };
    private readonly TempDirectory _data = new();
    private ObjectStore _store = null!;
    private RegionLog _regionLog = null!;
    private WebApplication _app = null!;
    private GrpcChannel _channel = null!;
    private TopologyService.TopologyServiceClient _client = null!;

    public async Task InitializeAsync()
    {
        _store = await ObjectStore.OpenAsync(new ObjectStoreOptions { DataDirectory = _data.Path }, _time, _log.CreateLogger("store"), default);
        _regionLog = new RegionLog(_store.Log, _log.CreateLogger<RegionLog>());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(_log);
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(_options);
        builder.Services.AddSingleton(_regionLog);
        builder.Services.AddSingleton(ZoneGroups.Open(_data.Path, []));
        builder.Services.AddSingleton<TimeProvider>(_time);
        builder.Services.AddSingleton(s => new TopologyState(_options, () => [], _time, s.GetRequiredService<ILogger<TopologyState>>()));
        builder.Services.AddSingleton<MatrixState>().AddSingleton<ClientReports>().AddSingleton<ClientsState>();
        _app = builder.Build();
        _app.MapGrpcService<TopologyGrpcService>();
        await _app.StartAsync();
        _channel = GrpcChannel.ForAddress(_app.Urls.Single());
        _client = new TopologyService.TopologyServiceClient(_channel);
    }

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
        await _store.DisposeAsync();
        _data.Dispose();
        _log.AssertNoUnexpectedErrors();
    }

    [Fact]
    public async Task Join_Hello_IsAnsweredAtOnceAndAtEachChange()
    {
        using var first = await JoinAsync("LHR50-1");
        Assert.Equal(["eu-west-2", "LHR50-1"], (await NextAsync(first)).Nodes.Select(n => n.Name));

        using var second = await JoinAsync("LHR50-2");
        Assert.Equal(["eu-west-2", "LHR50-1", "LHR50-2"], (await NextAsync(second)).Nodes.Select(n => n.Name));

        // The shortest time between two messages must pass on both streams.
        await _time.WaitForTimersAsync(4);
        _time.Advance(_options.MinPushInterval);
        Assert.Equal(["eu-west-2", "LHR50-1", "LHR50-2"], (await NextAsync(first)).Nodes.Select(n => n.Name));
    }

    [Fact]
    public async Task Join_NodeThatKnowsNothing_StartsAtTheHeadAndGetsWhatFollowsAtOnce()
    {
        await PurgeAsync("before");
        using var call = await JoinAsync("LHR50-1");
        Assert.Equal(_regionLog.Head, (await NextUpdateAsync(call)).Reset);

        // No time passes: the log does not wait for the pace of topologies.
        var first = await PurgeAsync("one");
        Assert.Equal([first], (await NextUpdateAsync(call)).Entries);
        var second = await PurgeAsync("two");
        Assert.Equal([second], (await NextUpdateAsync(call)).Entries);
    }

    [Fact]
    public async Task Join_NodeThatMissedSome_GetsThemInOrderWithoutGaps()
    {
        var applied = (await PurgeAsync("applied")).PositionOf();
        LogEntry[] missed = [await PurgeAsync("one"), await PurgeAsync("two"), await PurgeAsync("three")];

        using var call = await JoinAsync("LHR50-1", applied: applied);

        var update = await NextUpdateAsync(call);
        Assert.Null(update.Reset);
        Assert.Equal(missed, update.Entries);
        Assert.Equal(applied, _app.Services.GetRequiredService<TopologyState>().ListNodes()[1].Applied);
    }

    [Fact]
    public async Task Join_NodeOfAnotherEpoch_StartsAnew()
    {
        var foreign = _regionLog.Head.Clone();
        foreign.Epoch++;

        using var call = await JoinAsync("LHR50-1", applied: foreign);

        Assert.Equal(_regionLog.Head, (await NextUpdateAsync(call)).Reset);
        Assert.Null(_app.Services.GetRequiredService<TopologyState>().ListNodes()[1].Applied);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    public async Task Join_NodeThatHasAppliedWhatTheLogHasNot_HasAllStartAnewInALaterEpoch(ulong furtherOn, int writtenLater)
    {
        var head = (await PurgeAsync("one")).PositionOf();
        using var other = await JoinAsync("LHR50-1", applied: head);
        await NextAsync(other);
        var ahead = head.Clone();
        ahead.Sequence += furtherOn;
        ahead.CommitTime.Nanos += writtenLater * 1000;

        using var call = await JoinAsync("LHR50-2", "http://127.0.0.1:6402", ahead);

        var reset = (await NextUpdateAsync(call)).Reset;
        Assert.True(reset.Epoch > head.Epoch);
        Assert.Equal(head.Sequence + 1, reset.Sequence);
        Assert.Equal(reset, (await NextUpdateAsync(other)).Reset);
        await _log.WaitForAsync(line => line.EventId.Id == 2300);
    }

    [Fact]
    public async Task Join_WhatANodeHasApplied_IsListedUnlessThereIsNoSuchThing()
    {
        var state = _app.Services.GetRequiredService<TopologyState>();
        using var call = await JoinAsync("LHR50-1");
        var reached = (await NextUpdateAsync(call)).Reached();
        var beyond = reached.Clone();
        beyond.Sequence++;

        await call.RequestStream.WriteAsync(new JoinRequest { Applied = beyond });
        var acknowledged = state.Acknowledged;
        await call.RequestStream.WriteAsync(new JoinRequest { Applied = reached });

        await acknowledged.WaitAsync(TestDeadline.Default);
        Assert.Equal(reached, state.ListNodes()[1].Applied);
    }

    [Fact]
    public async Task Join_Report_IsListed()
    {
        using var call = await JoinAsync("LHR50-1");
        await NextAsync(call);
        await _time.WaitForTimersAsync(2);
        _time.Advance(_options.MinPushInterval);

        await call.RequestStream.WriteAsync(new JoinRequest { Report = new NodeReport { Hits = 3, Draining = true } });

        Assert.Equal(NodeState.Draining, (await NextAsync(call)).Nodes[1].State);
        var node = (await _client.ListNodesAsync(new ListNodesRequest())).Nodes[1];
        Assert.Equal((3u, NodeState.Draining), (node.Report.Hits, node.State));
    }

    [Fact]
    public async Task Join_BadHello_IsInvalidArgumentWithEveryViolation()
    {
        using var call = _client.Join();
        await call.RequestStream.WriteAsync(new JoinRequest { Hello = new JoinRequest.Types.Hello { Name = "lhr", Kind = NodeKind.EdgeLocation, Address = "x", Version = "1" } });

        var fault = await FaultAsync(call);

        Assert.Equal(StatusCode.InvalidArgument, fault.StatusCode);
        Assert.Contains("hello.name", fault.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("LHR50-1; is \"lhr\"", fault.Status.Detail, StringComparison.Ordinal);
        var details = Google.Rpc.Status.Parser.ParseFrom(fault.Trailers.GetValueBytes("grpc-status-details-bin"));
        Assert.Equal((int)StatusCode.InvalidArgument, details.Code);
        Assert.Equal(["hello.name", "hello.address"], details.Details.Single().Unpack<BadRequest>().FieldViolations.Select(v => v.Field));
        Assert.Single((await _client.ListNodesAsync(new ListNodesRequest())).Nodes);
    }

    [Fact]
    public async Task Join_ReportFirstOrHelloTwice_IsFailedPrecondition()
    {
        using var reportFirst = _client.Join();
        await reportFirst.RequestStream.WriteAsync(new JoinRequest { Report = new NodeReport() });
        Assert.Equal(StatusCode.FailedPrecondition, (await FaultAsync(reportFirst)).StatusCode);

        using var helloTwice = await JoinAsync("LHR50-1");
        await NextAsync(helloTwice);
        await helloTwice.RequestStream.WriteAsync(new JoinRequest { Hello = Hello("LHR50-1") });
        Assert.Equal(StatusCode.FailedPrecondition, (await FaultAsync(helloTwice)).StatusCode);
    }

    [Fact]
    public async Task Join_NoHello_IsDeadlineExceededInTenSeconds()
    {
        using var call = _client.Join();
        await _time.WaitForTimersAsync(1);

        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(StatusCode.DeadlineExceeded, (await FaultAsync(call)).StatusCode);
    }

    [Fact]
    public async Task Join_NoReport_IsDeadlineExceededAndTheNodeLost()
    {
        using var call = await JoinAsync("LHR50-1");
        await NextAsync(call);

        _time.Advance(_options.SilenceLimit);

        Assert.Equal(StatusCode.DeadlineExceeded, (await FaultAsync(call)).StatusCode);
        Assert.Equal(NodeState.Lost, (await _client.ListNodesAsync(new ListNodesRequest())).Nodes[1].State);
    }

    [Fact]
    public async Task Join_OwnGhostStillThere_ReplacesIt()
    {
        using var ghost = await JoinAsync("LHR50-1");
        await NextAsync(ghost);

        using var call = await JoinAsync("LHR50-1");

        Assert.Equal(NodeState.Ready, (await NextAsync(call)).Nodes[1].State);
        Assert.Equal(StatusCode.Aborted, (await FaultAsync(ghost)).StatusCode);
        Assert.Equal(NodeState.Ready, (await _client.ListNodesAsync(new ListNodesRequest())).Nodes[1].State);
    }

    [Fact]
    public async Task Join_NameOrPlaceTaken_IsRefused()
    {
        using var first = await JoinAsync("LHR50-1");
        using var second = await JoinAsync("LHR50-2");
        await NextAsync(first);
        await NextAsync(second);

        using var sameName = await JoinAsync("LHR50-1", "http://10.0.0.2:6401");
        Assert.Equal(StatusCode.AlreadyExists, (await FaultAsync(sameName)).StatusCode);
        using var oneMore = await JoinAsync("LHR50-3");
        Assert.Equal(StatusCode.ResourceExhausted, (await FaultAsync(oneMore)).StatusCode);
    }

    [Fact]
    public async Task Join_StreamBreaks_LosesTheNode()
    {
        using var watcher = await JoinAsync("LHR50-2");
        var call = await JoinAsync("LHR50-1");
        await NextAsync(call);

        call.Dispose();

        await _log.WaitForAsync(l => l.EventId.Id == 2102);
        Assert.Equal(NodeState.Lost, (await _client.ListNodesAsync(new ListNodesRequest())).Nodes[1].State);
    }

    [Fact]
    public async Task Join_NodeClosesAfterDraining_EndsWithOk()
    {
        using var call = await JoinAsync("LHR50-1");
        await call.RequestStream.WriteAsync(new JoinRequest { Report = new NodeReport { Draining = true } });
        await call.RequestStream.CompleteAsync();

        while (await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TestDeadline.Default))
        {
        }

        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.Single((await _client.ListNodesAsync(new ListNodesRequest())).Nodes);
    }

    [Fact]
    public async Task Join_RegionStops_IsUnavailable()
    {
        using var call = await JoinAsync("LHR50-1");
        await NextAsync(call);

        _app.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        Assert.Equal(StatusCode.Unavailable, (await FaultAsync(call)).StatusCode);
    }

    private static JoinRequest.Types.Hello Hello(string name, string address = "http://127.0.0.1:6401") =>
        new() { Name = name, Kind = NodeKind.EdgeLocation, Address = address, Version = "0.1.0" };

    /// <summary>The next topology.</summary>
    private static Task<JoinResponse> NextAsync(AsyncDuplexStreamingCall<JoinRequest, JoinResponse> call) => NextAsync(call, message => message.Log is null);

    /// <summary>What is next in the log.</summary>
    private static async Task<LogUpdate> NextUpdateAsync(AsyncDuplexStreamingCall<JoinRequest, JoinResponse> call) => (await NextAsync(call, message => message.Log is not null)).Log;

    private static async Task<JoinResponse> NextAsync(AsyncDuplexStreamingCall<JoinRequest, JoinResponse> call, Predicate<JoinResponse> isWanted)
    {
        do
        {
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TestDeadline.Default));
        }
        while (!isWanted(call.ResponseStream.Current));
        return call.ResponseStream.Current;
    }

    private async Task<LogEntry> PurgeAsync(string tag) =>
        await _regionLog.AppendAsync(new LogEntry { Invalidation = new Invalidation { Targets = { new InvalidationTarget { Tag = tag } } } }, default);

    /// <summary>Reads on until the call fails.</summary>
    private static Task<RpcException> FaultAsync(AsyncDuplexStreamingCall<JoinRequest, JoinResponse> call) =>
        Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TestDeadline.Default))
            {
            }
        });

    private async Task<AsyncDuplexStreamingCall<JoinRequest, JoinResponse>> JoinAsync(string name, string address = "http://127.0.0.1:6401", LogPosition? applied = null)
    {
        var call = _client.Join();
        var hello = Hello(name, address);
        hello.Applied = applied;
        try
        {
            await call.RequestStream.WriteAsync(new JoinRequest { Hello = hello });
        }
        catch (RpcException)
        {
            // A refusal may overtake the end of the write that it answers: the call's status says which.
        }

        return call;
    }
}
