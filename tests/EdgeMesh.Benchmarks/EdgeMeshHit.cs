using System.Security.Cryptography;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using EdgeMesh.Wire;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeMesh.Benchmarks;

/// <summary>An edge location that answers one object from its cache, with its Region behind it.</summary>
internal sealed class EdgeMeshHit : Peer
{
    private const string Bucket = "bench";
    private const string Key = "one-kib";

    private readonly TempDirectory _data = new();
    private readonly List<NodeProcess> _nodes = [];

    /// <inheritdoc/>
    public override string Name => "edgemesh";

    /// <inheritdoc/>
    public override string Description => "EdgeMesh edge location: GetObject of 1 KiB of content, a hit in its cache";

    /// <inheritdoc/>
    public override async Task<LoadTarget> StartAsync()
    {
        var region = await NodeProcess.StartRegionAsync(_data.File("region"), "--log-level", "warning");
        _nodes.Add(region);
        var edge = await NodeProcess.StartEdgeAsync(region.Address, "LHR50-1", "--log-level", "warning");
        _nodes.Add(edge);

        await PutAsync(region.Address);
        var request = new GetObjectRequest { Bucket = Bucket, Key = Key };
        await CheckHitAsync(edge.Address, request);
        var message = request.ToByteArray();
        var framed = new byte[MessageFrame.HeaderSize + message.Length];
        MessageFrame.WriteHeader(framed, isCompressed: false, (uint)message.Length);
        message.CopyTo(framed, MessageFrame.HeaderSize);
        return new LoadTarget(new Uri(edge.Address, "/edgemesh.v1.ObjectStoreService/GetObject"), framed, edge.Process.Id);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (var node in Enumerable.Reverse(_nodes))
        {
            await node.DisposeAsync();
        }

        _data.Dispose();
    }

    private static async Task PutAsync(Uri region)
    {
        using var channel = GrpcChannel.ForAddress(region);
        var store = new ObjectStoreService.ObjectStoreServiceClient(channel);
        await store.CreateBucketAsync(new CreateBucketRequest { Bucket = Bucket });
        await store.PutObjectAsync(new PutObjectRequest
        {
            // Fresh for longer than any measurement takes.
            Spec = new ObjectSpec { Bucket = Bucket, Key = Key, CacheControl = "public, max-age=86400" },
            Content = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(HitBenchmark.ContentBytes)),
        });
    }

    private static async Task CheckHitAsync(Uri edge, GetObjectRequest request)
    {
        using var channel = GrpcChannel.ForAddress(edge);
        var store = new ObjectStoreService.ObjectStoreServiceClient(channel);
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
