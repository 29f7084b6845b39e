using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeMesh.Scenarios;

/// <summary>A Region and edge locations as processes of their own, which start, die and come back in any order.</summary>
public sealed class MeshTests : IDisposable
{
    private static readonly byte[] Content = [1, 2, 3];

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Edge_StartedBeforeItsRegion_JoinsItThen()
    {
        var port = FreePort.Take();
        var adminPort = FreePort.Take();
        await using var edge = await NodeProcess.StartEdgeAsync(new Uri($"http://127.0.0.1:{port}"), new Uri($"http://127.0.0.1:{adminPort}"), "LHR50-1");
        await edge.Process.WaitForLineAsync("is away");

        await using var region = await StartRegionAsync(port, adminPort);
        await edge.Process.WaitForLineAsync("Joined Region eu-west-2");

        var nodes = await ListNodesAsync(region.AdminAddress);
        Assert.Equal([("eu-west-2", NodeState.Ready), ("LHR50-1", NodeState.Ready)], nodes.Select(n => (n.Name, n.State)));
        Assert.Equal(edge.Address, new Uri(nodes[1].Address));
        region.AssertNoUnexpectedErrors();
        edge.AssertNoUnexpectedErrors();
    }

    [Fact]
    public async Task Edge_RegionKilled_ServesWhatItHasAndRecoversByItself()
    {
        var port = FreePort.Take();
        var region = await StartRegionAsync(port, 0);
        await using var edge = await NodeProcess.StartEdgeAsync(region, "LHR50-1");
        await edge.Process.WaitForLineAsync("Joined Region");
        await PutAsync(region.Address, "kept");
        await PutAsync(region.Address, "never-read");
        using var channel = GrpcChannel.ForAddress(edge.Address);
        var store = new ObjectStoreService.ObjectStoreServiceClient(channel);
        Assert.DoesNotContain("; hit", await GetAsync(store, "kept"), StringComparison.Ordinal);

        region.Process.Signal(UnixSignal.Kill);
        await region.Process.WaitForExitAsync();
        await edge.Process.WaitForLineAsync("is away");

        Assert.Contains("; hit", await GetAsync(store, "kept"), StringComparison.Ordinal);
        var fault = await Assert.ThrowsAsync<RpcException>(() => GetAsync(store, "never-read"));
        Assert.Equal(StatusCode.Unavailable, fault.StatusCode);
        Assert.Contains("LHR50-1", fault.Status.Detail, StringComparison.Ordinal);
        Assert.Contains($"127.0.0.1:{port}", fault.Status.Detail, StringComparison.Ordinal);

        await region.DisposeAsync();
        await using var successor = await StartRegionAsync(port, region.AdminAddress.Port);
        var joined = 0;
        await edge.Process.WaitForLineAsync(line => line.Contains("Joined Region", StringComparison.Ordinal) && ++joined == 2);
        Assert.DoesNotContain("; hit", await GetAsync(store, "never-read"), StringComparison.Ordinal);
        edge.AssertNoUnexpectedErrors();
        successor.AssertNoUnexpectedErrors();
    }

    [Fact]
    public async Task Edge_RegionKilled_StillTellsClientsWhoIsInTheMesh()
    {
        var region = await StartRegionAsync(0, 0);
        await using var edge = await NodeProcess.StartEdgeAsync(region, "LHR50-1");
        await edge.Process.WaitForLineAsync("Joined Region");
        var atRegion = await WatchUntilAsync(region.Address, mesh => mesh.Nodes.Count == 2);

        region.Process.Signal(UnixSignal.Kill);
        await region.Process.WaitForExitAsync();
        await edge.Process.WaitForLineAsync("is away");
        var atEdge = await WatchUntilAsync(edge.Address, mesh => mesh.Nodes.Count == 2);
        await region.DisposeAsync();

        Assert.Equal(("eu-west-2", "eu-west-2"), (atRegion.Region, atEdge.Region));
        foreach (var mesh in (WatchMeshResponse[])[atRegion, atEdge])
        {
            Assert.Equal(["eu-west-2", "LHR50-1"], mesh.Nodes.Select(node => node.Name));
            Assert.Equal(edge.Address, new Uri(mesh.Nodes[1].Address));
            Assert.True(mesh.Methods.Single(method => method.Method == "edgemesh.v1.ObjectStoreService/HeadObject").SideEffectFree);
        }
    }

    [Fact]
    public async Task Region_EdgeKilledAndStartedAgain_ListsItAsLostAndThenReady()
    {
        await using var region = await StartRegionAsync(0, 0);
        var edge = await NodeProcess.StartEdgeAsync(region, "LHR50-1");
        await region.Process.WaitForLineAsync("LHR50-1 joined");

        edge.Process.Signal(UnixSignal.Kill);
        await region.Process.WaitForLineAsync("LHR50-1 is lost");
        Assert.Equal(NodeState.Lost, (await ListNodesAsync(region.AdminAddress))[1].State);
        await edge.DisposeAsync();

        // Another port, as after a move to another machine.
        await using var successor = await NodeProcess.StartEdgeAsync(region, "LHR50-1");
        await region.Process.WaitForLineAsync("LHR50-1 joined again");
        var node = (await ListNodesAsync(region.AdminAddress))[1];
        Assert.Equal((NodeState.Ready, successor.Address), (node.State, new Uri(node.Address)));
        region.AssertNoUnexpectedErrors();
    }

    [Fact]
    public async Task Edge_AskedToEnd_LeavesTheMesh()
    {
        await using var region = await StartRegionAsync(0, 0);
        await using var edge = await NodeProcess.StartEdgeAsync(region, "LHR50-1");
        await edge.Process.WaitForLineAsync("Joined Region");

        edge.Process.Signal(UnixSignal.Terminate);

        Assert.Equal(0, await edge.Process.WaitForExitAsync());
        await region.Process.WaitForLineAsync("LHR50-1 left");
        Assert.Single(await ListNodesAsync(region.AdminAddress));
        region.AssertNoUnexpectedErrors();
        edge.AssertNoUnexpectedErrors();
    }

    private static async Task<IReadOnlyList<NodeInfo>> ListNodesAsync(Uri region)
    {
        using var channel = GrpcChannel.ForAddress(region);
        return (await new TopologyService.TopologyServiceClient(channel).ListNodesAsync(new ListNodesRequest())).Nodes;
    }

    private static async Task PutAsync(Uri region, string key)
    {
        using var channel = GrpcChannel.ForAddress(region);
        var store = new ObjectStoreService.ObjectStoreServiceClient(channel);
        await store.CreateBucketAsync(new CreateBucketRequest { Bucket = "mesh" });
        await store.PutObjectAsync(new PutObjectRequest { Spec = new ObjectSpec { Bucket = "mesh", Key = key }, Content = ByteString.CopyFrom(Content) });
    }

    /// <summary>Reads an object and returns the answer's <c>cache-status</c>.</summary>
    private static async Task<string> GetAsync(ObjectStoreService.ObjectStoreServiceClient store, string key)
    {
        using var call = store.GetObjectAsync(new GetObjectRequest { Bucket = "mesh", Key = key });
        Assert.Equal(Content, (await call.ResponseAsync).Content);
        return (await call.ResponseHeadersAsync).GetValue("cache-status") ?? "";
    }

    private static async Task<WatchMeshResponse> WatchUntilAsync(Uri node, Func<WatchMeshResponse, bool> enough)
    {
        using var limit = new CancellationTokenSource(TestDeadline.Default);
        using var channel = GrpcChannel.ForAddress(node);
        using var watch = new MeshService.MeshServiceClient(channel).WatchMesh(new WatchMeshRequest(), cancellationToken: limit.Token);
        do
        {
            Assert.True(await watch.ResponseStream.MoveNext(limit.Token));
        }
        while (!enough(watch.ResponseStream.Current));
        return watch.ResponseStream.Current;
    }

    private Task<NodeProcess> StartRegionAsync(int port, int adminPort) =>
        NodeProcess.StartAsync("region", "--name", "eu-west-2", "--listen", $"127.0.0.1:{port}", "--admin-listen", $"127.0.0.1:{adminPort}", "--data", _directory.File("region"));
}
