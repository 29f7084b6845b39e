using System.Net;
using System.Net.Sockets;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeMesh.Scenarios.Operate;

/// <summary>Nodes that are stopped and drained while calls come and run.</summary>
public sealed class DrainTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Edge_TerminatedUnderLoad_FinishesEveryCallThatItAccepted()
    {
        await using var region = await NodeProcess.StartRegionAsync(_directory.Path);
        await using var edge = await NodeProcess.StartEdgeAsync(region, "LHR50-1");
        await PutAsync(region.Address, "small", 1_000);
        await using var load = new CallLoad(edge.Address, "load", "small", connections: 8, streamsPerConnection: 16);
        await load.WaitForAsync();

        edge.Process.Signal(UnixSignal.Terminate);

        Assert.Equal(0, await edge.Process.WaitForExitAsync());
        await load.EndAsync();
        Assert.Empty(load.Cuts);
        Assert.Equal(8 * 16, load.Refused);
        edge.AssertNoUnexpectedErrors();
    }

    [ForeignFact("grpc-js")]
    public async Task Edges_TerminatedAndDrainedUnderGrpcJs_FailNoCall()
    {
        await using var region = await NodeProcess.StartRegionAsync(_directory.Path);
        await PutAsync(region.Address, "small", 1_000);
        var edges = new List<NodeProcess>();
        foreach (var name in (string[])["LHR50-1", "CDG50-1", "FRA50-1"])
        {
            edges.Add(await NodeProcess.StartEdgeAsync(region, name));
        }

        var message = Convert.ToHexString(new GetObjectRequest { Bucket = "load", Key = "small" }.ToByteArray());
        await using var load = ChildProcess.Start(
            "node",
            [Path.Combine(Repository.Root, "tests/EdgeMesh.Scenarios/Interop/grpc-js/load.js"), "--addresses", string.Join(',', edges.Select(edge => edge.Address.Authority)), "--method", "/edgemesh.v1.ObjectStoreService/GetObject", "--message", message]);
        await load.WaitForLineAsync("warm");

        // One ends by its signal, one is drained first, one stays.
        edges[0].Process.Signal(UnixSignal.Terminate);
        Assert.Equal(0, await edges[0].Process.WaitForExitAsync());
        await using var drain = NodeProcess.Start("drain", "--to", edges[1].AdminAddress.ToString(), "--wait", "20s");
        Assert.Equal(0, await drain.WaitForExitAsync());
        load.CloseInput();

        Assert.Equal(0, await load.WaitForExitAsync());
        Assert.Matches("^[1-9][0-9]* calls, 0 failed$", load.Output.Skip(1).Aggregate((before, line) => $"{before}; {line}"));
        edges.ForEach(edge => edge.AssertNoUnexpectedErrors());
        await Task.WhenAll(edges.Select(edge => edge.DisposeAsync().AsTask()));
    }

    [Fact]
    public async Task Edge_Drained_FinishesWhatRunsTakesNothingNewAndLeaves()
    {
        await using var region = await NodeProcess.StartRegionAsync(_directory.Path);
        await using var edge = await NodeProcess.StartEdgeAsync(region, "LHR50-1");
        await edge.Process.WaitForLineAsync("Joined Region");
        var content = await PutAsync(region.Address, "large", 3_900_000);
        using var channel = GrpcChannel.ForAddress(edge.Address);
        using var read = new ObjectStoreService.ObjectStoreServiceClient(channel).ReadObject(new ReadObjectRequest { Bucket = "load", Key = "large" });
        Assert.True(await read.ResponseStream.MoveNext(default));
        using var http = new HttpClient { BaseAddress = edge.AdminAddress };

        // 1. While the read runs: draining, seen by all, and nothing new is taken.
        Assert.Equal((HttpStatusCode.Accepted, "draining\n"), await AskAsync(http, HttpMethod.Post, "/drain"));
        await region.Process.WaitForLineAsync("LHR50-1 is draining");
        var (status, text) = await AskAsync(http, HttpMethod.Get, "/readyz");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.StartsWith("draining", text, StringComparison.Ordinal);
        await WaitUntilRefusedAsync(edge.Address);

        // 2. The read goes on to its end.
        var received = new MemoryStream();
        while (await read.ResponseStream.MoveNext(default))
        {
            read.ResponseStream.Current.Chunk.WriteTo(received);
        }

        Assert.Equal(content, received.ToArray());

        // 3. Then the node has left, and its process waits to be ended.
        await region.Process.WaitForLineAsync("LHR50-1 left");
        while (await AskAsync(http, HttpMethod.Post, "/drain") != (HttpStatusCode.OK, "drained\n"))
        {
            await Task.Delay(TestDeadline.PollInterval);
        }

        Assert.Equal((HttpStatusCode.OK, "ok\n"), await AskAsync(http, HttpMethod.Get, "/healthz"));
        edge.Process.Signal(UnixSignal.Terminate);
        Assert.Equal(0, await edge.Process.WaitForExitAsync());
        edge.AssertNoUnexpectedErrors();
        region.AssertNoUnexpectedErrors();
    }

    [Fact]
    public async Task DrainCommand_OfARegion_WaitsForItAndShowsItDraining()
    {
        await using var region = await NodeProcess.StartRegionAsync(_directory.Path);
        await using var drain = NodeProcess.Start("drain", "--to", region.AdminAddress.ToString(), "--wait", "20s");

        Assert.Equal(0, await drain.WaitForExitAsync());
        Assert.Equal("drained", Assert.Single(drain.Output));
        await WaitUntilRefusedAsync(region.Address);
        using var channel = GrpcChannel.ForAddress(region.AdminAddress);
        var nodes = await new TopologyService.TopologyServiceClient(channel).ListNodesAsync(new ListNodesRequest());
        Assert.Equal(NodeState.Draining, Assert.Single(nodes.Nodes).State);
    }

    private static async Task<(HttpStatusCode Status, string Text)> AskAsync(HttpClient http, HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, path);
        using var response = await http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static async Task WaitUntilRefusedAsync(Uri node)
    {
        using var limit = new CancellationTokenSource(TestDeadline.Default);
        while (true)
        {
            try
            {
                using var socket = new TcpClient();
                await socket.ConnectAsync(node.Host, node.Port, limit.Token);
                await Task.Delay(TestDeadline.PollInterval, limit.Token);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
            {
                return;
            }
        }
    }

    private static async Task<byte[]> PutAsync(Uri region, string key, int length)
    {
        using var channel = GrpcChannel.ForAddress(region);
        var store = new ObjectStoreService.ObjectStoreServiceClient(channel);
        await store.CreateBucketAsync(new CreateBucketRequest { Bucket = "load" });
        var content = new byte[length];
        new Random(1).NextBytes(content);
        await store.PutObjectAsync(new PutObjectRequest { Spec = new ObjectSpec { Bucket = "load", Key = key }, Content = ByteString.CopyFrom(content) });
        return content;
    }
}
