using System.Net;
using EdgeMesh.Latency.Coordinates;
using EdgeMesh.Probing.Mesh;
using EdgeMesh.Relay.Hosting;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeMesh.Probing.Tests.Mesh;

/// <summary>Watches over a real connection, with a clock that the tests move.</summary>
public sealed class MeshGrpcServiceTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new();
    private WebApplication _app = null!;
    private GrpcChannel _channel = null!;
    private MeshService.MeshServiceClient _client = null!;

    private MeshState State => _app.Services.GetRequiredService<MeshState>();

    private MeshWatchSlots Slots => _app.Services.GetRequiredService<MeshWatchSlots>();

    public async Task InitializeAsync()
    {
        var endPoint = new IPEndPoint(IPAddress.Loopback, 0);
        var builder = NodeHost.CreateBuilder(endPoint, tls: null, _ => { }, TimeSpan.FromSeconds(30));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<TimeProvider>(_time);
        MeshGrpcService.Add(builder.Services);
        _app = builder.Build();
        MeshGrpcService.Use(_app);
        await NodeHost.StartAsync(_app, "--listen", endPoint, CancellationToken.None);
        _channel = GrpcChannel.ForAddress(NodeHost.GetAddress(_app));
        _client = new MeshService.MeshServiceClient(_channel);
    }

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task WatchMesh_BeforeTheNodeJoined_IsUnavailable()
    {
        using var watch = _client.WatchMesh(new WatchMeshRequest());

        var fault = await Assert.ThrowsAsync<RpcException>(() => watch.ResponseStream.MoveNext(CancellationToken.None));

        Assert.Equal(StatusCode.Unavailable, fault.StatusCode);
        Assert.Contains("not joined", fault.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(0, Slots.Count);
    }

    [Fact]
    public async Task WatchMesh_ChangesInQuickSuccession_AreToldAtOnceAndThenTheLastAfterASecond()
    {
        State.Set(Mesh(1));
        using var watch = _client.WatchMesh(new WatchMeshRequest());
        Assert.Equal(1UL, (await NextAsync(watch)).Version);

        State.Set(Mesh(2));
        State.Set(Mesh(3));
        _time.Advance(MeshGrpcService.LeastInterval);

        Assert.Equal(3UL, (await NextAsync(watch)).Version);
    }

    [Fact]
    public async Task WatchMesh_NodeStops_EndsAtOnce()
    {
        State.Set(Mesh(1));
        using var watch = _client.WatchMesh(new WatchMeshRequest());
        await NextAsync(watch);

        // The host would wait for calls that run, for longer than this test does.
        var stopping = _app.StopAsync();
        var fault = await Assert.ThrowsAsync<RpcException>(() => watch.ResponseStream.MoveNext(CancellationToken.None));
        await stopping.WaitAsync(TestDeadline.Default);

        Assert.Equal(StatusCode.Unavailable, fault.StatusCode);
    }

    [Fact]
    public async Task WatchMesh_NoSlotLeft_IsExhausted()
    {
        State.Set(Mesh(1));
        var held = Enumerable.Range(0, MeshWatchSlots.MostFromOneAddress).Select(_ => Slots.TryTake(IPAddress.Loopback)).ToList();
        using var watch = _client.WatchMesh(new WatchMeshRequest());

        var fault = await Assert.ThrowsAsync<RpcException>(() => watch.ResponseStream.MoveNext(CancellationToken.None));

        Assert.Equal(StatusCode.ResourceExhausted, fault.StatusCode);
        Assert.Contains("1024", fault.Status.Detail, StringComparison.Ordinal);
        held[0]!.Dispose();
        using var another = _client.WatchMesh(new WatchMeshRequest());
        Assert.Equal(1UL, (await NextAsync(another)).Version);
    }

    [Fact]
    public void Write_Topology_TellsWhatIsTheClientsBusiness()
    {
        var topology = new JoinResponse { Region = "eu-west-2", Version = 7 };
        topology.Nodes.Add(new NodeInfo { Name = "LHR50-1", Kind = NodeKind.EdgeLocation, Address = "http://127.0.0.1:6401", State = NodeState.Draining, Jurisdiction = "GB", Version = "0.1.0", Report = new NodeReport { Calls = 3 } });
        topology.Methods.Add(new MethodShape { Method = "shop.v1.Catalog/Get", SideEffectFree = true });
        topology.Tokens.Add(new TokenDigest { Id = "secret" });

        var mesh = MeshMessages.Write(topology, new Dictionary<string, Coordinate> { ["LHR50-1"] = Coordinate.Origin });

        Assert.Equal(("eu-west-2", 7UL), (mesh.Region, mesh.Version));
        var node = Assert.Single(mesh.Nodes);
        Assert.Equal(("LHR50-1", NodeKind.EdgeLocation, "http://127.0.0.1:6401", NodeState.Draining, "GB"), (node.Name, node.Kind, node.Address, node.State, node.Jurisdiction));
        Assert.Equal(Coordinate.Dimensions, node.Coordinate.Position.Count);
        Assert.True(Assert.Single(mesh.Methods).SideEffectFree);
        Assert.DoesNotContain("secret", JsonFormatter.Default.Format(mesh), StringComparison.Ordinal);
    }

    private static WatchMeshResponse Mesh(ulong version) => new() { Region = "eu-west-2", Version = version };

    private static async Task<WatchMeshResponse> NextAsync(AsyncServerStreamingCall<WatchMeshResponse> watch)
    {
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TestDeadline.Default));
        return watch.ResponseStream.Current;
    }
}
