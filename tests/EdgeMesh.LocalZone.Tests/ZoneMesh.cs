using EdgeMesh.EdgeLocation;
using EdgeMesh.Region;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using EdgeMesh.Workloads;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeMesh.LocalZone.Tests;

/// <summary>A Region and nodes below it inside the test's process, on ports that the system chose.</summary>
internal sealed class ZoneMesh : IAsyncDisposable
{
    public const string ZoneName = "eu-west-2-man-1a";
    public const string Group = "eu-west-2-man-1";

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(250);
    private static readonly HttpClient Http = new();

    private readonly TempDirectory _data = new();
    private readonly List<IAsyncDisposable> _nodes = [];

    private readonly Uri? _origin;
    private bool _isRegionStopped;

    private ZoneMesh(Uri? origin) => _origin = origin;

    /// <summary>The Region.</summary>
    public RegionNode Region { get; private set; } = null!;

    /// <summary>Starts a Region.</summary>
    /// <param name="origin">What it has for <c>shop.v1.</c>; null: nothing.</param>
    public static async Task<ZoneMesh> StartAsync(Uri? origin = null)
    {
        var mesh = new ZoneMesh(origin);
        mesh.Region = await mesh.StartRegionAsync("127.0.0.1:0", "127.0.0.1:0");
        return mesh;
    }

    /// <summary>Starts a zone of it; does not wait until it has joined.</summary>
    public Task<LocalZoneNode> StartZoneAsync(params WorkloadOptions[] workloads) => StartZoneAsync(ZoneName, workloads);

    /// <summary>Starts a zone by another name.</summary>
    public async Task<LocalZoneNode> StartZoneAsync(string name, params WorkloadOptions[] workloads)
    {
        var zone = await LocalZoneNode.StartAsync(
            new LocalZoneOptions { Name = name, Listen = "127.0.0.1:0", Region = Region.Address, RegionAdmin = Region.AdminAddress, CacheBytes = 8 << 20, DataDirectory = Path.Combine(_data.Path, name), Workloads = workloads, ProbeInterval = ProbeInterval }, _ => { }, CancellationToken.None);
        _nodes.Add(zone);
        return zone;
    }

    /// <summary>Starts an edge location below a zone.</summary>
    public async Task<EdgeLocationNode> StartEdgeAsync(LocalZoneNode zone)
    {
        var edge = await EdgeLocationNode.StartAsync(
            new EdgeLocationOptions { Name = "MAN50-1", Listen = "127.0.0.1:0", Upstream = zone.Address, UpstreamAdmin = zone.AdminAddress, CacheBytes = 8 << 20 }, _ => { }, CancellationToken.None);
        _nodes.Add(edge);
        return edge;
    }

    /// <summary>Stops a zone.</summary>
    public ValueTask StopAsync(LocalZoneNode zone)
    {
        _nodes.Remove(zone);
        return zone.DisposeAsync();
    }

    /// <summary>Stops the Region, as when it or the way to it is lost.</summary>
    public ValueTask StopRegionAsync()
    {
        _isRegionStopped = true;
        return Region.DisposeAsync();
    }

    /// <summary>Starts it again where it was, with what it had.</summary>
    public async Task RestartRegionAsync()
    {
        Region = await StartRegionAsync(Region.Address.Authority, Region.AdminAddress.Authority);
        _isRegionStopped = false;
    }

    /// <summary>Waits until a node says something on <c>/readyz</c>, or no longer says it.</summary>
    public static Task<string> WaitForNoteAsync(Uri admin, string text, bool isThere = true) =>
        PollAsync(async () => await Http.GetStringAsync(new Uri(admin, "/readyz")), note => note.Contains(text, StringComparison.Ordinal) == isThere);

    /// <summary>Waits until a listing of nodes is as wanted.</summary>
    public static async Task<IReadOnlyList<NodeInfo>> WaitForNodesAsync(Uri admin, Func<IReadOnlyList<NodeInfo>, bool> isThere)
    {
        using var channel = GrpcChannel.ForAddress(admin);
        var client = new TopologyService.TopologyServiceClient(channel);
        return await PollAsync(async () => (IReadOnlyList<NodeInfo>)(await client.ListNodesAsync(new ListNodesRequest())).Nodes, isThere);
    }

    /// <summary>Asks until the answer is as wanted.</summary>
    public static async Task<T> PollAsync<T>(Func<Task<T>> ask, Func<T, bool> isThere)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            T? answer = default;
            try
            {
                answer = await ask();
                if (isThere(answer))
                {
                    return answer;
                }
            }
            catch (Exception fault) when (fault is HttpRequestException or RpcException { StatusCode: StatusCode.Unavailable })
            {
                // Not yet.
            }

            Assert.True(TimeProvider.System.GetElapsedTime(start) < 2 * TestDeadline.Default, $"it stayed {answer}");
            await Task.Delay(PollInterval);
        }
    }

    /// <summary>Opts a group in or out.</summary>
    public async Task<ZoneGroup> SetGroupAsync(string name, bool enabled)
    {
        using var channel = GrpcChannel.ForAddress(Region.AdminAddress);
        return (await new ZoneService.ZoneServiceClient(channel).SetZoneGroupAsync(new SetZoneGroupRequest { Name = name, Enabled = enabled })).Group;
    }

    /// <summary>Stores an object that may be cached for an hour.</summary>
    public async Task PutAsync(string key)
    {
        using var channel = GrpcChannel.ForAddress(Region.Address);
        var store = new ObjectStoreService.ObjectStoreServiceClient(channel);
        await store.CreateBucketAsync(new CreateBucketRequest { Bucket = "zone" });
        await store.PutObjectAsync(new PutObjectRequest { Spec = new ObjectSpec { Bucket = "zone", Key = key, CacheControl = "public, max-age=3600", Tags = { key } }, Content = ByteString.CopyFromUtf8(key) });
    }

    /// <summary>Reads it; tells by whom, and by what <c>cache-status</c>.</summary>
    public static async Task<(string Node, string Status)> GetAsync(Uri node, string key)
    {
        using var channel = GrpcChannel.ForAddress(node);
        using var call = new ObjectStoreService.ObjectStoreServiceClient(channel).GetObjectAsync(new GetObjectRequest { Bucket = "zone", Key = key }, deadline: DateTime.UtcNow + TestDeadline.Default);
        Assert.Equal(key, (await call).Content.ToStringUtf8());
        var headers = await call.ResponseHeadersAsync;
        return (headers.GetValue("x-edgemesh-node") ?? "", string.Join(" | ", headers.Where(field => field.Key == "cache-status").Select(field => field.Value)));
    }

    /// <summary>Purges a tag, and waits until all nodes have applied that.</summary>
    public async Task<IReadOnlyList<string>> PurgeAsync(string tag)
    {
        using var limit = new CancellationTokenSource(TestDeadline.Default);
        using var channel = GrpcChannel.ForAddress(Region.AdminAddress);
        var client = new InvalidationService.InvalidationServiceClient(channel);
        var position = (await client.InvalidateAsync(new InvalidateRequest { Invalidation = new Invalidation { Targets = { new InvalidationTarget { Tag = tag } } } })).Position;
        using var watch = client.WatchInvalidation(new WatchInvalidationRequest { Position = position }, cancellationToken: limit.Token);
        IReadOnlyList<InvalidationProgress> nodes = [];
        await foreach (var told in watch.ResponseStream.ReadAllAsync(limit.Token))
        {
            nodes = told.Nodes;
        }

        Assert.All(nodes, node => Assert.True(node.Applied));
        return [.. nodes.Select(node => node.Name)];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Enumerable.Reverse(_nodes))
        {
            await node.DisposeAsync();
        }

        if (!_isRegionStopped)
        {
            await Region.DisposeAsync();
        }

        _data.Dispose();
    }

    private Task<RegionNode> StartRegionAsync(string listen, string adminListen) => RegionNode.StartAsync(
        new RegionOptions { Name = "eu-west-2", Listen = listen, AdminListen = adminListen, DataDirectory = Path.Combine(_data.Path, "region"), ProbeInterval = ProbeInterval, Origins = _origin is null ? [] : [new OriginOptions("shop.v1.", _origin)] }, _ => { }, CancellationToken.None);
}
