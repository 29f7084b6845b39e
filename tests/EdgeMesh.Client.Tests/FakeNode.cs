using System.Net;
using EdgeMesh.Probing.Answers;
using EdgeMesh.Probing.Mesh;
using EdgeMesh.Relay;
using EdgeMesh.Relay.Hosting;
using EdgeMesh.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeMesh.Client.Tests;

/// <summary>A node in this process: real probes and watches over real connections, and an object store whose every answer names the node.</summary>
internal sealed class FakeNode : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly StoreService _store;
    private readonly TaskCompletionSource _blackHole = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _disposals;
    private volatile bool _isBlackHole;
    private volatile bool _isDraining;

    private FakeNode(string name, string region, int port)
    {
        Name = name;
        var endPoint = new IPEndPoint(IPAddress.Loopback, port);
        var builder = NodeHost.CreateBuilder(endPoint, tls: null, _ => { }, TimeSpan.FromSeconds(30));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(_store = new StoreService(name));
        builder.Services.AddProbes(new RelayCounters(TimeProvider.System), _ => new ReflectorFacts { Node = name, Region = () => region, IsDraining = () => _isDraining });
        MeshGrpcService.Add(builder.Services);
        _app = builder.Build();
        _app.Use(next => async context =>
        {
            if (_isBlackHole)
            {
                await _blackHole.Task;
            }

            await next(context);
        });
        _app.UseProbes();
        MeshGrpcService.Use(_app);
        _app.UseRouting();
        _app.MapGrpcService<StoreService>();
    }

    public string Name { get; }

    public Uri Address { get; private set; } = null!;

    /// <summary>Calls of the object store that came here.</summary>
    public int Calls => Volatile.Read(ref _store.Calls);

    /// <summary>What the store does before it answers.</summary>
    public Func<ServerCallContext, Task> OnCall
    {
        set => _store.OnCall = value;
    }

    /// <summary>What the store waits for between the chunks of a stream.</summary>
    public Task BetweenChunks
    {
        set => _store.BetweenChunks = value;
    }

    public bool IsDraining
    {
        set => _isDraining = value;
    }

    public static async Task<FakeNode> StartAsync(string name, string region = "eu-west-2", int port = 0)
    {
        var node = new FakeNode(name, region, port);
        await NodeHost.StartAsync(node._app, "--listen", new IPEndPoint(IPAddress.Loopback, port), CancellationToken.None);
        node.Address = NodeHost.GetAddress(node._app);
        return node;
    }

    /// <summary>Has the node tell clients of this mesh.</summary>
    public void Tell(string region, params IReadOnlyList<FakeNode> nodes) =>
        Tell(region, [.. nodes.Select(node => new MeshMember { Name = node.Name, Kind = NodeKind.EdgeLocation, Address = node.Address.GetLeftPart(UriPartial.Authority), State = NodeState.Ready })]);

    /// <inheritdoc cref="Tell(string, IReadOnlyList{FakeNode})"/>
    public void Tell(string region, IEnumerable<MeshMember> members)
    {
        var mesh = new WatchMeshResponse { Region = region, Version = 1 };
        mesh.Nodes.AddRange(members);
        mesh.Methods.Add(new MethodShape { Method = "edgemesh.v1.ObjectStoreService/HeadObject", SideEffectFree = true });
        mesh.Methods.Add(new MethodShape { Method = "edgemesh.v1.ObjectStoreService/PutObject" });
        mesh.Methods.Add(new MethodShape { Method = "edgemesh.v1.ObjectStoreService/ReadObject", ServerStreaming = true, SideEffectFree = true });
        mesh.Methods.Add(new MethodShape { Method = "edgemesh.v1.ObjectStoreService/WriteObject", ClientStreaming = true });
        _app.Services.GetRequiredService<MeshState>().Set(mesh);
    }

    /// <summary>Takes everything and answers nothing from now on, as a stopped process does.</summary>
    public void BecomeBlackHole() => _isBlackHole = true;

    /// <summary>Ends at once, with all its connections, as a killed process does.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposals, 1) != 0)
        {
            return;
        }

        _blackHole.TrySetCanceled();
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private sealed class StoreService(string name) : ObjectStoreService.ObjectStoreServiceBase
    {
        public int Calls;

        public Func<ServerCallContext, Task> OnCall { get; set; } = _ => Task.CompletedTask;

        public Task BetweenChunks { get; set; } = Task.CompletedTask;

        public override async Task<HeadObjectResponse> HeadObject(HeadObjectRequest request, ServerCallContext context)
        {
            await BeginAsync(context);
            return new HeadObjectResponse { Info = Here(request.Key) };
        }

        public override async Task<PutObjectResponse> PutObject(PutObjectRequest request, ServerCallContext context)
        {
            await BeginAsync(context);
            return new PutObjectResponse { Info = Here(request.Spec.Key) };
        }

        public override async Task ReadObject(ReadObjectRequest request, IServerStreamWriter<ReadObjectResponse> responseStream, ServerCallContext context)
        {
            await BeginAsync(context);
            await responseStream.WriteAsync(new ReadObjectResponse { Info = Here(request.Key) });
            await responseStream.WriteAsync(new ReadObjectResponse { Chunk = ByteString.CopyFromUtf8("one") });
            await BetweenChunks.WaitAsync(context.CancellationToken);
            await responseStream.WriteAsync(new ReadObjectResponse { Chunk = ByteString.CopyFromUtf8("two") });
        }

        public override async Task<WriteObjectResponse> WriteObject(IAsyncStreamReader<WriteObjectRequest> requestStream, ServerCallContext context)
        {
            await BeginAsync(context);
            var size = 0UL;
            while (await requestStream.MoveNext(CancellationToken.None))
            {
                size += (ulong)requestStream.Current.Chunk.Length;
            }

            return new WriteObjectResponse { Info = new ObjectInfo { Bucket = name, SizeBytes = size } };
        }

        private ObjectInfo Here(string key) => new() { Bucket = name, Key = key };

        private Task BeginAsync(ServerCallContext context)
        {
            Interlocked.Increment(ref Calls);
            return OnCall(context);
        }
    }
}
