using EdgeMesh.Benchmarks.Load;
using EdgeMesh.Benchmarks.Peers;
using EdgeMesh.Testing;

namespace EdgeMesh.Benchmarks.Workloads;

/// <summary>Four replicas, the last of which takes five times as long for every call, behind a balancer.</summary>
internal abstract class UnevenReplicas : Peer
{
    /// <summary>Bytes of an answer.</summary>
    public const int AnswerBytes = 1024;

    /// <summary>What each replica takes for a call.</summary>
    public static readonly IReadOnlyList<int> Milliseconds = [10, 10, 10, 50];

    private readonly List<Uri> _replicas = [];
    private Uri? _address;

    /// <inheritdoc/>
    public override PeerKind Kind => PeerKind.Relays;

    /// <inheritdoc/>
    public override async Task StartAsync(IReadOnlyList<int> sizes)
    {
        foreach (var time in Milliseconds)
        {
            var replica = DelayedReplica.Start(AnswerBytes, time);
            Own(replica, isServing: false);
            _replicas.Add(await KestrelProcess.WaitAsync(replica));
        }

        _address = await StartBalancerAsync(_replicas);
    }

    /// <summary>How many calls each replica has had.</summary>
    public Task<long[]> ReadCallsAsync() => Task.WhenAll(_replicas.Select(DelayedReplica.ReadCallsAsync));

    /// <inheritdoc/>
    public override LoadTarget Target(int sizeBytes) => new(new Uri(_address!, BareKestrel.Path(sizeBytes)), BareKestrel.EmptyRequest());

    /// <summary>Starts what is measured.</summary>
    protected abstract Task<Uri> StartBalancerAsync(IReadOnlyList<Uri> replicas);
}

/// <summary>A Region that balances them.</summary>
internal sealed class UnevenWorkload : UnevenReplicas
{
    /// <inheritdoc/>
    public override string Name => "edgemesh-workload";

    /// <inheritdoc/>
    public override string Description => "EdgeMesh: the less loaded of two";

    /// <inheritdoc/>
    protected override async Task<Uri> StartBalancerAsync(IReadOnlyList<Uri> replicas)
    {
        var node = await NodeProcess.StartAsync("region", "--name", "eu-west-2", "--listen", "127.0.0.1:0", "--data", Files.File("region"), "--workloads", BalancedReplicas.Describe(replicas), "--log-level", "warning");
        Own(node.Process, isServing: true);
        return node.Address;
    }
}

/// <summary>nginx that balances them.</summary>
/// <param name="method">How: empty is round robin.</param>
internal sealed class UnevenNginx(string method) : UnevenReplicas
{
    /// <inheritdoc/>
    public override string Name => method.Length == 0 ? "nginx-round-robin" : "nginx-least-conn";

    /// <inheritdoc/>
    public override string Description => "nginx grpc_pass";

    /// <inheritdoc/>
    public override (string Program, string Package)? Needs => NginxProcess.Needs;

    /// <inheritdoc/>
    protected override async Task<Uri> StartBalancerAsync(IReadOnlyList<Uri> replicas)
    {
        var port = FreePort.Take();
        Start(isServing: true, "nginx", "-c", NginxProcess.Write(Files, BalancedReplicas.ConfigureNginx(port, method, replicas)));
        return await ListeningPort.WaitAsync(port);
    }
}
