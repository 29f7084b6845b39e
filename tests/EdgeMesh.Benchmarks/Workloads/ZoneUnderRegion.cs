using EdgeMesh.Benchmarks.Peers;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Grpc.Net.Client;

namespace EdgeMesh.Benchmarks.Workloads;

/// <summary>A Region and a Local Zone of it, each with a replica of the same workload.</summary>
internal sealed class ZoneUnderRegion : IAsyncDisposable
{
    /// <summary>The zone's name.</summary>
    public const string Name = "eu-west-2-man-1a";

    private const string Group = "eu-west-2-man-1";

    private readonly TempDirectory _files = new();
    private NodeProcess? _region;
    private NodeProcess? _zone;

    /// <summary>The Region.</summary>
    public NodeProcess Region => _region!;

    /// <summary>The zone.</summary>
    public NodeProcess Zone => _zone!;

    /// <summary>Starts both, and waits until the zone answers for itself.</summary>
    /// <param name="regionReplica">The Region's replica.</param>
    /// <param name="zoneReplica">The zone's.</param>
    /// <param name="wayToRegion">What the zone takes for its Region's address.</param>
    public async Task StartAsync(Uri regionReplica, Uri zoneReplica, Func<Uri, Uri> wayToRegion)
    {
        _region = await NodeProcess.StartRegionAsync(_files.File("region"), "--admin-listen", "127.0.0.1:0", "--zone-group", Group, "--workloads", BalancedReplicas.Describe([regionReplica]), "--log-level", "warning");
        _zone = await NodeProcess.StartZoneAsync(wayToRegion(_region.Address), _region.AdminAddress, Name, "--workloads", BalancedReplicas.Describe([zoneReplica]), "--log-level", "warning");
        using var limit = new CancellationTokenSource(TestDeadline.Default);
        using var toRegion = GrpcChannel.ForAddress(_region.AdminAddress);
        var topology = new TopologyService.TopologyServiceClient(toRegion);
        while (!(await topology.ListNodesAsync(new ListNodesRequest(), cancellationToken: limit.Token)).Nodes.Any(node => node.Name == Name && node.PlacedServices.Count > 0))
        {
            await Task.Delay(50, limit.Token);
        }

        foreach (var node in new[] { _region, _zone })
        {
            using var toNode = GrpcChannel.ForAddress(node.AdminAddress);
            var workloads = new WorkloadService.WorkloadServiceClient(toNode);
            while (!(await workloads.ListWorkloadsAsync(new ListWorkloadsRequest(), cancellationToken: limit.Token)).Workloads.All(workload => workload.Serving))
            {
                await Task.Delay(50, limit.Token);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var node in new[] { _zone, _region })
        {
            if (node is not null)
            {
                await node.DisposeAsync();
            }
        }

        _files.Dispose();
    }
}
