using System.Security.Cryptography;
using EdgeMesh.Benchmarks.Load;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeMesh.Benchmarks.Peers;

/// <summary>An edge location that answers objects from its cache, with its Region behind it.</summary>
/// <param name="hasPolicy">Whether a policy names the two fields that are in the key; else the whole message is.</param>
internal sealed class EdgeMeshHit(bool hasPolicy = false) : Peer
{
    private Uri? _address;

    /// <inheritdoc/>
    public override string Name => hasPolicy ? "edgemesh-policy" : "edgemesh-hit";

    /// <inheritdoc/>
    public override string Description => "EdgeMesh edge location: GetObject, a hit in its cache" + (hasPolicy ? " under a policy with two key fields" : "");

    /// <inheritdoc/>
    public override async Task StartAsync(IReadOnlyList<int> sizes)
    {
        var region = await NodeProcess.StartRegionAsync(Files.File("region"), "--log-level", "warning");
        Own(region.Process, isServing: false);
        var edge = await NodeProcess.StartEdgeAsync(region, "LHR50-1", "--log-level", "warning");
        Own(edge.Process, isServing: true);
        _address = edge.Address;
        await PutAsync(region.Address, sizes);
        if (hasPolicy)
        {
            using var admin = GrpcChannel.ForAddress(region.AdminAddress);
            await new PolicyService.PolicyServiceClient(admin).ApplyPolicyAsync(new ApplyPolicyRequest { Policy = Policy });
            await WaitForPolicyAsync(edge.Address);
        }

        await CheckHitsAsync(edge.Address, sizes);
    }

    /// <inheritdoc/>
    public override LoadTarget Target(int sizeBytes) => ObjectCalls.Target(_address!, sizeBytes);

    /// <inheritdoc/>
    public override GhzTarget? GhzTarget(int sizeBytes) => ObjectCalls.GhzTarget(_address!, sizeBytes);

    private static Policy Policy => new() { Rules = { new CacheRule { Methods = { "edgemesh.v1.ObjectStoreService/GetObject" }, KeyFields = { "bucket", "key" }, RequestDirectives = { "only-if-cached" } } } };

    /// <summary>Waits until the edge follows the policy: then it honours a directive that it did not before.</summary>
    private static async Task WaitForPolicyAsync(Uri edge)
    {
        using var channel = GrpcChannel.ForAddress(edge);
        var store = new ObjectStoreService.ObjectStoreServiceClient(channel);
        while (true)
        {
            try
            {
                await store.GetObjectAsync(new GetObjectRequest { Bucket = "none", Key = Guid.NewGuid().ToString() }, new Metadata { { "cache-control", "only-if-cached" } });
            }
            catch (RpcException told) when (told.StatusCode == StatusCode.Unavailable)
            {
                return;
            }
            catch (RpcException)
            {
                await Task.Delay(20);
            }
        }
    }

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
