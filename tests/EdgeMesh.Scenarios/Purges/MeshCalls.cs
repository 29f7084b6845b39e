using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeMesh.Scenarios.Purges;

/// <summary>What the tests of purges ask of nodes.</summary>
internal static class MeshCalls
{
    public const string Bucket = "purges";

    // Asking without a rest would take what the nodes need to get there.
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Stores an object with a tag.</summary>
    public static async Task PutAsync(NodeProcess region, string key, string tag)
    {
        using var channel = GrpcChannel.ForAddress(region.Address);
        var store = new ObjectStoreService.ObjectStoreServiceClient(channel);
        await store.CreateBucketAsync(new CreateBucketRequest { Bucket = Bucket });
        await store.PutObjectAsync(new PutObjectRequest { Spec = new ObjectSpec { Bucket = Bucket, Key = key, CacheControl = "public, max-age=3600", Tags = { tag } }, Content = ByteString.CopyFromUtf8(key) });
    }

    /// <summary>Reads an object, and tells by what cache-status.</summary>
    public static async Task<string> GetAsync(NodeProcess node, string key)
    {
        using var channel = GrpcChannel.ForAddress(node.Address);
        using var call = new ObjectStoreService.ObjectStoreServiceClient(channel).GetObjectAsync(new GetObjectRequest { Bucket = Bucket, Key = key }, deadline: DateTime.UtcNow + TestDeadline.Default);
        await call;
        return string.Join(" | ", (await call.ResponseHeadersAsync).Where(field => field.Key == "cache-status").Select(field => field.Value));
    }

    /// <summary>Purges a tag; durable when this returns.</summary>
    public static async Task<LogPosition> PurgeAsync(NodeProcess region, string tag)
    {
        using var channel = GrpcChannel.ForAddress(region.AdminAddress);
        return (await new InvalidationService.InvalidationServiceClient(channel).InvalidateAsync(new InvalidateRequest { Invalidation = new Invalidation { Targets = { new InvalidationTarget { Tag = tag } } } })).Position;
    }

    /// <summary>Waits until every node that the Region knows of has applied the log up to a position.</summary>
    public static async Task<IReadOnlyList<InvalidationProgress>> WaitForAllAsync(NodeProcess region, LogPosition position)
    {
        using var limit = new CancellationTokenSource(TestDeadline.Default);
        using var channel = GrpcChannel.ForAddress(region.AdminAddress);
        using var watch = new InvalidationService.InvalidationServiceClient(channel).WatchInvalidation(new WatchInvalidationRequest { Position = position }, cancellationToken: limit.Token);
        IReadOnlyList<InvalidationProgress> nodes = [];
        await foreach (var told in watch.ResponseStream.ReadAllAsync(limit.Token))
        {
            nodes = told.Nodes;
        }

        Assert.All(nodes, node => Assert.True(node.Applied));
        return nodes;
    }

    /// <summary>How far each node is now.</summary>
    public static async Task<IReadOnlyList<InvalidationProgress>> ReadProgressAsync(NodeProcess region, LogPosition position)
    {
        using var limit = new CancellationTokenSource(TestDeadline.Default);
        using var channel = GrpcChannel.ForAddress(region.AdminAddress);
        using var watch = new InvalidationService.InvalidationServiceClient(channel).WatchInvalidation(new WatchInvalidationRequest { Position = position }, cancellationToken: limit.Token);
        Assert.True(await watch.ResponseStream.MoveNext(limit.Token));
        return watch.ResponseStream.Current.Nodes;
    }

    /// <summary>Waits until what the Region tells of its nodes is as wanted.</summary>
    /// <param name="asked">The nodes whose last lines a failure shows.</param>
    public static async Task<IReadOnlyList<NodeInfo>> WaitForNodesAsync(NodeProcess region, Func<IReadOnlyList<NodeInfo>, bool> isThere, params NodeProcess[] asked)
    {
        using var channel = GrpcChannel.ForAddress(region.AdminAddress);
        var client = new TopologyService.TopologyServiceClient(channel);
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var nodes = (await client.ListNodesAsync(new ListNodesRequest())).Nodes;
            if (isThere(nodes))
            {
                return nodes;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(start) < 2 * TestDeadline.Default, $"the nodes stayed {nodes}\n{string.Join('\n', asked.Append(region).SelectMany(node => node.Process.Transcript.TakeLast(20)))}");
            await Task.Delay(PollInterval);
        }
    }

    /// <summary>Waits until so many nodes are in the mesh and have applied something.</summary>
    public static Task<IReadOnlyList<NodeInfo>> WaitForMeshAsync(NodeProcess region, int count, params NodeProcess[] asked) =>
        WaitForNodesAsync(region, nodes => nodes.Count(node => node.State == NodeState.Ready && node.Applied is not null) == count, asked);
}
