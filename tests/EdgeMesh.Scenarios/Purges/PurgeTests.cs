using EdgeMesh.Scenarios.Up;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeMesh.Scenarios.Purges;

/// <summary>Purges in a mesh of processes that are killed, stopped and set back.</summary>
public sealed class PurgeTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Region_KilledUnderTwoWriters_KeepsEveryAcknowledgedPurgeInOrderAndEdgesGoOnWhereTheyWere()
    {
        var (port, adminPort) = (FreePort.Take(), FreePort.Take());
        var region = await StartRegionAsync("data", port, adminPort);
        await using var edge = await NodeProcess.StartEdgeAsync(region, "LHR50-1");
        await MeshCalls.WaitForMeshAsync(region, 1);
        await MeshCalls.PutAsync(region, "kept", "never-purged");
        await MeshCalls.GetAsync(edge, "kept");
        var acknowledged = new Dictionary<ulong, string>();
        for (var round = 0; round < 4; round++)
        {
            // Both write until the Region is killed, which is after a dozen of this round's acknowledgements.
            var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var count = 0;
            var writers = Enumerable.Range(0, 2).Select(writer => WriteAsync(region, $"{round}-{writer}", (position, tag) =>
            {
                lock (acknowledged)
                {
                    acknowledged.Add(position.Sequence, tag);
                    if (++count == 12)
                    {
                        enough.SetResult();
                    }
                }
            })).ToList();
            await enough.Task.WaitAsync(TestDeadline.Default);
            region.Process.Signal(UnixSignal.Kill);
            await region.Process.WaitForExitAsync();
            await Task.WhenAll(writers);
            await region.DisposeAsync();
            region = await StartRegionAsync("data", port, adminPort);
        }

        var last = await MeshCalls.PurgeAsync(region, "the-last");
        await MeshCalls.WaitForMeshAsync(region, 1, edge);
        await MeshCalls.WaitForAllAsync(region, last);

        using var channel = GrpcChannel.ForAddress(region.AdminAddress);
        var all = (await new InvalidationService.InvalidationServiceClient(channel).ListInvalidationsAsync(new ListInvalidationsRequest { PageSize = 1000 })).Entries;
        Assert.Equal(Enumerable.Range(0, all.Count).Select(i => last.Sequence - (ulong)i), all.Select(entry => entry.Sequence));
        Assert.All(all, entry => Assert.Equal(last.Epoch, entry.Epoch));
        Assert.All(acknowledged, one => Assert.Equal(one.Value, all.Single(entry => entry.Sequence == one.Key).Invalidation.Targets[0].Tag));
        Assert.Contains("LHR50-1; hit", await MeshCalls.GetAsync(edge, "kept"), StringComparison.Ordinal);
        edge.AssertNoUnexpectedErrors();
        await region.DisposeAsync();
    }

    [Fact]
    public async Task Edge_AwayDuringAPurge_HasAppliedItBeforeItIsCounted()
    {
        await using var region = await NodeProcess.StartRegionAsync(_directory.File("data"), "--admin-listen", "127.0.0.1:0");
        await using var stopped = await NodeProcess.StartEdgeAsync(region, "LHR50-1");
        var killed = await NodeProcess.StartEdgeAsync(region, "CDG50-1");
        await MeshCalls.WaitForMeshAsync(region, 2);
        await MeshCalls.PutAsync(region, "a", "shoes");
        foreach (var edge in (NodeProcess[])[stopped, killed])
        {
            await MeshCalls.GetAsync(edge, "a");
            Assert.Contains("; hit", await MeshCalls.GetAsync(edge, "a"), StringComparison.Ordinal);
        }

        stopped.Process.Signal(UnixSignal.Stop);
        killed.Process.Signal(UnixSignal.Kill);
        await killed.Process.WaitForExitAsync();
        await region.Process.WaitForLineAsync("CDG50-1 is lost");
        var position = await MeshCalls.PurgeAsync(region, "shoes");

        Assert.Equal([("CDG50-1", false), ("LHR50-1", false)], (await MeshCalls.ReadProgressAsync(region, position)).Select(node => (node.Name, node.Applied)));

        stopped.Process.Signal(UnixSignal.Continue);
        await using var successor = await NodeProcess.StartEdgeAsync(region, "CDG50-1");
        Assert.Equal(["CDG50-1", "LHR50-1"], (await MeshCalls.WaitForAllAsync(region, position)).Select(node => node.Name));
        Assert.DoesNotContain("; hit", await MeshCalls.GetAsync(stopped, "a"), StringComparison.Ordinal);
        Assert.DoesNotContain("; hit", await MeshCalls.GetAsync(successor, "a"), StringComparison.Ordinal);
        await killed.DisposeAsync();
    }

    [Fact]
    public async Task Region_RestoredFromABackup_HasEveryEdgeDropWhatItHas()
    {
        var (port, adminPort) = (FreePort.Take(), FreePort.Take());
        var region = await StartRegionAsync("data", port, adminPort);
        await using var edge = await NodeProcess.StartEdgeAsync(region, "LHR50-1");
        await MeshCalls.WaitForMeshAsync(region, 1);
        await MeshCalls.PutAsync(region, "a", "shoes");
        Assert.Equal(0, await RunAsync("backup", "--to", region.AdminAddress.ToString(), "--out", _directory.File("backup.tar")));
        await MeshCalls.GetAsync(edge, "a");
        var before = await MeshCalls.PurgeAsync(region, "hats");
        await MeshCalls.WaitForAllAsync(region, before);
        Assert.Contains("; hit", await MeshCalls.GetAsync(edge, "a"), StringComparison.Ordinal);
        region.Process.Signal(UnixSignal.Kill);
        await region.Process.WaitForExitAsync();
        await region.DisposeAsync();
        Assert.Equal(0, await RunAsync("restore", _directory.File("backup.tar"), "--data", _directory.File("restored")));

        await using var restored = await StartRegionAsync("restored", port, adminPort);

        await MeshCalls.WaitForMeshAsync(restored, 1);
        var after = await MeshCalls.PurgeAsync(restored, "socks");
        await MeshCalls.WaitForAllAsync(restored, after);
        Assert.True(after.Epoch > before.Epoch);
        Assert.DoesNotContain("; hit", await MeshCalls.GetAsync(edge, "a"), StringComparison.Ordinal);
        Assert.Contains("; hit", await MeshCalls.GetAsync(edge, "a"), StringComparison.Ordinal);
    }

    private static async Task WriteAsync(NodeProcess region, string writer, Action<LogPosition, string> acknowledge)
    {
        using var channel = GrpcChannel.ForAddress(region.AdminAddress);
        var client = new InvalidationService.InvalidationServiceClient(channel);
        try
        {
            for (var i = 0; ; i++)
            {
                var tag = $"{writer}-{i}";
                acknowledge((await client.InvalidateAsync(new InvalidateRequest { Invalidation = new Invalidation { Targets = { new InvalidationTarget { Tag = tag } } } })).Position, tag);
            }
        }
        catch (RpcException)
        {
            // The Region was killed.
        }
    }

    private static async Task<int> RunAsync(params string[] arguments)
    {
        await using var process = EdgeMeshProgram.Start(arguments);
        return await process.WaitForExitAsync();
    }

    private Task<NodeProcess> StartRegionAsync(string data, int port, int adminPort) =>
        NodeProcess.StartAsync("region", "--name", "eu-west-2", "--data", _directory.File(data), "--listen", $"127.0.0.1:{port}", "--admin-listen", $"127.0.0.1:{adminPort}");
}
