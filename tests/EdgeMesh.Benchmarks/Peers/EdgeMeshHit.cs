using System.Security.Cryptography;
using EdgeMesh.Benchmarks.Load;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeMesh.Benchmarks.Peers;

/// <summary>An edge location that answers objects from its cache, with its Region behind it.</summary>
internal sealed class EdgeMeshHit : Peer
{
    private Uri? _address;

    /// <inheritdoc/>
    public override string Name => "edgemesh-hit";

    /// <inheritdoc/>
    public override string Description => "EdgeMesh edge location: GetObject, a hit in its cache";

    /// <inheritdoc/>
    public override async Task StartAsync(IReadOnlyList<int> sizes)
    {
        var region = await NodeProcess.StartRegionAsync(Files.File("region"), "--log-level", "warning");
        Own(region.Process, isServing: false);
        var edge = await NodeProcess.StartEdgeAsync(region, "LHR50-1", "--log-level", "warning");
        Own(edge.Process, isServing: true);
        _address = edge.Address;
        await PutAsync(region.Address, sizes);
        await CheckHitsAsync(edge.Address, sizes);
    }

    /// <inheritdoc/>
    public override LoadTarget Target(int sizeBytes) => ObjectCalls.Target(_address!, sizeBytes);

    /// <inheritdoc/>
    public override GhzTarget? GhzTarget(int sizeBytes) => ObjectCalls.GhzTarget(_address!, sizeBytes);

    private static async Task PutAsync(Uri region, IEnumerable<int> sizes)
    {
        using var channel = GrpcChannel.ForAddress(region);
        var store = new ObjectStoreService.ObjectStoreServiceClient(channel);
        await store.CreateBucketAsync(new CreateBucketRequest { Bucket = ObjectCalls.Bucket });
        foreach (var size in sizes)
        {
            await store.PutObjectAsync(new PutObjectRequest
            {
                // Fresh for longer than any measurement takes.
                Spec = new ObjectSpec { Bucket = ObjectCalls.Bucket, Key = ObjectCalls.Request(size).Key, CacheControl = "public, max-age=86400" },
                Content = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(size)),
            });
        }
    }

    private static async Task CheckHitsAsync(Uri edge, IEnumerable<int> sizes)
    {
        using var channel = GrpcChannel.ForAddress(edge);
        var store = new ObjectStoreService.ObjectStoreServiceClient(channel);
        foreach (var request in sizes.Select(ObjectCalls.Request))
        {
            await store.GetObjectAsync(request);
            using var call = store.GetObjectAsync(request);
            var headers = await call.ResponseHeadersAsync;
            await call.ResponseAsync;
            if (headers.GetValue("cache-status")?.Contains("; hit", StringComparison.Ordinal) != true)
            {
                throw new BenchmarkException($"The edge's second answer is no hit: cache-status {headers.GetValue("cache-status") ?? "is absent"}");
            }
        }
    }
}
