using System.Net;
using EdgeMesh.Probing.Answers;
using EdgeMesh.Probing.Mesh;
using EdgeMesh.Relay;
using EdgeMesh.Relay.Hosting;
using EdgeMesh.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeMesh.Sidecar.Tests;

/// <summary>The one node of a mesh, in this process: it answers probes and tells of the mesh; everything else is the test's to answer.</summary>
internal sealed class OnlyNode : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OnlyNode(RequestDelegate answer)
    {
        var builder = NodeHost.CreateBuilder(new IPEndPoint(IPAddress.Loopback, 0), tls: null, _ => { }, TimeSpan.FromSeconds(30));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddProbes(new RelayCounters(TimeProvider.System), _ => new ReflectorFacts { Node = Name, Region = () => "eu-west-2", IsDraining = () => false });
        MeshGrpcService.Add(builder.Services);
        _app = builder.Build();
        _app.UseProbes();
        MeshGrpcService.Use(_app);
        _app.Run(answer);
    }

    public const string Name = "LHR50-1";

    public Uri Address => NodeHost.GetAddress(_app);

    /// <summary>Starts it.</summary>
    /// <param name="answer">Answers calls.</param>
    /// <param name="unary">Methods that the mesh says to be unary and free of side effects.</param>
    public static async Task<OnlyNode> StartAsync(RequestDelegate answer, params string[] unary)
    {
        var node = new OnlyNode(answer);
        await node._app.StartAsync();
        var mesh = new WatchMeshResponse { Region = "eu-west-2", Version = 1 };
        mesh.Nodes.Add(new MeshMember { Name = Name, Kind = NodeKind.EdgeLocation, Address = node.Address.GetLeftPart(UriPartial.Authority), State = NodeState.Ready });
        mesh.Methods.AddRange(unary.Select(method => new MethodShape { Method = method, SideEffectFree = true }));
        node._app.Services.GetRequiredService<MeshState>().Set(mesh);
        return node;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
