using EdgeMesh.Benchmarks.Routing;
using EdgeMesh.Testing;

namespace EdgeMesh.Benchmarks.Peers;

/// <summary>A peer that carries calls to the bare Kestrel handler: one hop, nothing kept.</summary>
internal abstract class RelayPeer : Peer
{
    private Uri? _address;

    /// <inheritdoc/>
    public override PeerKind Kind => PeerKind.Relays;

    /// <inheritdoc/>
    public override async Task StartAsync(IReadOnlyList<int> sizes)
    {
        var origin = StartBeside(isServing: false, KestrelProcess.Assembly, KestrelProcess.Arguments(OriginCommand, sizes));
        _address = await StartRelayAsync(await KestrelProcess.WaitAsync(origin));
    }

    /// <inheritdoc/>
    public override LoadTarget Target(int sizeBytes) => new(new Uri(_address!, BareKestrel.Path(sizeBytes)), BareKestrel.EmptyRequest());

    /// <summary>The hidden command of what stands behind it.</summary>
    protected virtual string OriginCommand => BareKestrel.ServeCommand;

    /// <summary>Starts what is measured.</summary>
    /// <returns>Where it listens.</returns>
    protected abstract Task<Uri> StartRelayAsync(Uri origin);

    /// <summary>Starts a node.</summary>
    protected async Task<Uri> StartNodeAsync(params string[] arguments)
    {
        var node = await NodeProcess.StartAsync(arguments);
        Own(node.Process, isServing: true);
        return node.Address;
    }
}

/// <summary>A Region in front of an origin: every call goes on as it comes.</summary>
internal sealed class EdgeMeshRelay : RelayPeer
{
    /// <inheritdoc/>
    public override string Name => "edgemesh-relay";

    /// <inheritdoc/>
    public override string Description => "EdgeMesh Region in front of an origin: relays each call as it comes";

    /// <inheritdoc/>
    protected override Task<Uri> StartRelayAsync(Uri origin) =>
        StartNodeAsync("region", "--name", "eu-west-2", "--listen", "127.0.0.1:0", "--data", Files.File("region"), "--origin", $"bench.v1.={origin.GetLeftPart(UriPartial.Authority)}", "--log-level", "warning");
}

/// <summary>An edge whose upstream declares nothing: each call is looked up, fetched for its caller alone, and not kept.</summary>
/// <remarks>Its upstream is the origin itself, so that one hop is measured; the control stream that it wants there is refused and tried again at long intervals.</remarks>
internal sealed class EdgeMeshMiss : RelayPeer
{
    /// <inheritdoc/>
    public override string Name => "edgemesh-miss";

    /// <inheritdoc/>
    public override string Description => "EdgeMesh edge location in front of answers that declare no caching: looks each call up and relays it";

    /// <inheritdoc/>
    protected override Task<Uri> StartRelayAsync(Uri origin) =>
        StartNodeAsync("edge", "--name", "FRA50-1", "--region", origin.GetLeftPart(UriPartial.Authority), "--region-admin", origin.GetLeftPart(UriPartial.Authority), "--listen", "127.0.0.1:0", "--log-level", "critical");
}

/// <summary>A sidecar in front of a node that does next to nothing; the mesh says that its methods are unary and free of side effects, so that calls are held.</summary>
internal sealed class EdgeMeshSidecar : RelayPeer
{
    /// <inheritdoc/>
    public override string Name => "edgemesh-sidecar";

    /// <inheritdoc/>
    public override string Description => "EdgeMesh sidecar in front of a bare node: holds each call, so that it could go to another node";

    /// <inheritdoc/>
    protected override string OriginCommand => BareNode.ServeCommand;

    /// <inheritdoc/>
    protected override Task<Uri> StartRelayAsync(Uri origin) =>
        StartNodeAsync("route", "--mesh", origin.GetLeftPart(UriPartial.Authority), "--listen", "127.0.0.1:0", "--log-level", "warning");
}

/// <summary>nginx as a gRPC proxy, with kept connections to the origin.</summary>
internal sealed class NginxGrpcPass : RelayPeer
{
    /// <inheritdoc/>
    public override string Name => "nginx-grpc";

    /// <inheritdoc/>
    public override string Description => "nginx grpc_pass, one worker, connections to the origin kept";

    /// <inheritdoc/>
    public override (string Program, string Package)? Needs => NginxProcess.Needs;

    /// <inheritdoc/>
    protected override async Task<Uri> StartRelayAsync(Uri origin)
    {
        var port = FreePort.Take();
        var configuration = NginxProcess.Write(Files, $$"""
            upstream origin { server {{origin.Authority}}; keepalive 256; keepalive_requests 1000000000; }
            server {
              listen 127.0.0.1:{{port}} http2;
              location / { grpc_pass grpc://origin; }
            }
            """);
        Start(isServing: true, "nginx", "-c", configuration);
        return await ListeningPort.WaitAsync(port);
    }
}
