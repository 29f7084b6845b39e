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
        var origins = new List<Uri>();
        for (var i = 0; i < OriginCount; i++)
        {
            origins.Add(await KestrelProcess.WaitAsync(StartBeside(isServing: false, KestrelProcess.Assembly, KestrelProcess.Arguments(OriginCommand, sizes))));
        }

        _address = await StartRelayAsync(origins);
    }

    /// <inheritdoc/>
    public override LoadTarget Target(int sizeBytes) => new(new Uri(_address!, BareKestrel.Path(sizeBytes)), BareKestrel.EmptyRequest());

    /// <summary>The hidden command of what stands behind it.</summary>
    protected virtual string OriginCommand => BareKestrel.ServeCommand;

    /// <summary>How many of it there are.</summary>
    protected virtual int OriginCount => 1;

    /// <summary>Starts what is measured.</summary>
    /// <returns>Where it listens.</returns>
    protected virtual Task<Uri> StartRelayAsync(IReadOnlyList<Uri> origins) => StartRelayAsync(origins[0]);

    /// <summary>Starts what is measured in front of one origin.</summary>
    /// <returns>Where it listens.</returns>
    protected virtual Task<Uri> StartRelayAsync(Uri origin) => throw new NotSupportedException();

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

/// <summary>A Region that balances a workload of several replicas, registered by address.</summary>
internal sealed class EdgeMeshWorkload : RelayPeer
{
    /// <inheritdoc/>
    public override string Name => "edgemesh-workload";

    /// <inheritdoc/>
    public override string Description => "EdgeMesh Region with a workload of three replicas: sends each call to the less loaded of two";

    /// <inheritdoc/>
    protected override int OriginCount => BalancedReplicas.Count;

    /// <inheritdoc/>
    protected override Task<Uri> StartRelayAsync(IReadOnlyList<Uri> origins) =>
        StartNodeAsync("region", "--name", "eu-west-2", "--listen", "127.0.0.1:0", "--data", Files.File("region"), "--workloads", BalancedReplicas.Describe(origins), "--log-level", "warning");
}

/// <summary>nginx as a gRPC load balancer over as many replicas, with kept connections.</summary>
internal sealed class NginxLeastConn : RelayPeer
{
    /// <inheritdoc/>
    public override string Name => "nginx-least-conn";

    /// <inheritdoc/>
    public override string Description => "nginx grpc_pass with least_conn over three replicas, one worker, connections kept";

    /// <inheritdoc/>
    public override (string Program, string Package)? Needs => NginxProcess.Needs;

    /// <inheritdoc/>
    protected override int OriginCount => BalancedReplicas.Count;

    /// <inheritdoc/>
    protected override async Task<Uri> StartRelayAsync(IReadOnlyList<Uri> origins)
    {
        var port = FreePort.Take();
        Start(isServing: true, "nginx", "-c", NginxProcess.Write(Files, BalancedReplicas.ConfigureNginx(port, "least_conn;", origins)));
        return await ListeningPort.WaitAsync(port);
    }
}
