using System.Text.RegularExpressions;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using static EdgeMesh.Scenarios.Purges.TierCalls;

namespace EdgeMesh.Scenarios.Purges;

/// <summary>Edges whose upstream is another edge: one origin call for all, one log through all tiers, no loops.</summary>
public sealed partial class ShieldTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Call_TenThousandColdCallersOverEightEdgesBehindOneShield_AsksTheOriginOnce()
    {
        const int Edges = 8;
        const int CallersPerEdge = 1250;

        // 1. A mesh whose nodes know that the method declares caching: its callers wait for one another without a bound.
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var coldCalls = 0;
        await using var origin = await StartOriginAsync(async (message, _) =>
        {
            if (message == "cold")
            {
                Interlocked.Increment(ref coldCalls);
                await release.Task;
            }

            return null;
        });
        await using var region = await NodeProcess.StartRegionAsync(_directory.Path, "--admin-listen", "127.0.0.1:0", "--origin", $"shop.v1.={origin.Urls.Single()}");
        await using var shield = await NodeProcess.StartEdgeAsync(region, "LHR50-1", "--admin-listen", "127.0.0.1:0");
        var edges = await Task.WhenAll(Enumerable.Range(1, Edges).Select(i => StartLeafAsync(shield, $"MAN50-{i}")));
        await MeshCalls.WaitForMeshAsync(region, Edges + 1);
        var handlers = edges.Select(_ => new SocketsHttpHandler { EnableMultipleHttp2Connections = true, UseProxy = false }).ToList();
        var callers = handlers.Select(handler => new HttpMessageInvoker(handler)).ToList();
        foreach (var (edge, caller) in edges.Zip(callers))
        {
            await CallAsync(caller, edge.Address, "warm");
        }

        // 2. All wait: 9,992 at their edges, 7 of those who ask at the shield.
        var calls = edges.Zip(callers).SelectMany(pair => Enumerable.Range(0, CallersPerEdge).Select(_ => CallAsync(pair.Second, pair.First.Address, "cold"))).ToList();
        foreach (var edge in edges)
        {
            await WaitForWaitersAsync(edge, CallersPerEdge - 1);
        }

        await WaitForWaitersAsync(shield, Edges - 1);
        release.SetResult();
        var answers = await Task.WhenAll(calls).WaitAsync(6 * TestDeadline.Default);

        // 3. One call, one answer.
        Assert.Equal(1, coldCalls);
        Assert.All(answers, answer => Assert.Equal("cold", answer.Text));

        // RFC 9211 section 2: the cache nearest to the origin first, for those who asked as for those who waited.
        Assert.All(answers, answer => Assert.Matches(@"^LHR50-1; fwd=miss; (stored|collapsed); ttl=\d+, ?MAN50-\d; fwd=miss; (stored|collapsed); ttl=\d+$", answer.CacheStatus));
        Assert.Equal(Edges, answers.Count(answer => AskedPattern().IsMatch(answer.CacheStatus)));
        callers.ForEach(caller => caller.Dispose());
        foreach (var edge in edges)
        {
            edge.AssertNoUnexpectedErrors();
            await edge.DisposeAsync();
        }

        shield.AssertNoUnexpectedErrors();
        region.AssertNoUnexpectedErrors();
    }

    [Fact]
    public async Task Purge_ThroughATier_IsAppliedByTheShieldBeforeItsLeavesAndCountedForEach()
    {
        await using var region = await NodeProcess.StartRegionAsync(_directory.Path, "--admin-listen", "127.0.0.1:0");
        await using var shield = await NodeProcess.StartEdgeAsync(region, "LHR50-1", "--admin-listen", "127.0.0.1:0");
        await using var leaf = await StartLeafAsync(shield, "MAN50-1");
        var nodes = await MeshCalls.WaitForMeshAsync(region, 2);
        Assert.Equal([("LHR50-1", ""), ("MAN50-1", "LHR50-1")], nodes.Skip(1).Select(node => (node.Name, node.Upstream)));
        await MeshCalls.PutAsync(region, "a", "shoes");
        for (var i = 0; i < 20; i++)
        {
            Assert.Matches("^LHR50-1; fwd=miss; .*MAN50-1; fwd=miss; stored", await MeshCalls.GetAsync(leaf, "a"));
            Assert.StartsWith("MAN50-1; hit", await MeshCalls.GetAsync(leaf, "a"), StringComparison.Ordinal);

            var applied = await MeshCalls.WaitForAllAsync(region, await MeshCalls.PurgeAsync(region, "shoes"));

            Assert.Equal(["LHR50-1", "MAN50-1"], applied.Select(node => node.Name));
        }

        // All of it is counted.
        Assert.Equal(20, await ReadMetricAsync(leaf, "edgemesh_purge_targets_total{edgemesh_purge_target=\"tag\"}"));
        Assert.Equal(0, await ReadMetricAsync(leaf, "edgemesh_purge_targets_total{edgemesh_purge_target=\"all\"}"));
        Assert.Equal(await ReadMetricAsync(region, "edgemesh_log_position"), await ReadMetricAsync(leaf, "edgemesh_log_position"));
        Assert.Equal(0, await ReadMetricAsync(region, "edgemesh_log_lag"));
        Assert.Equal(1, await ReadMetricAsync(leaf, "edgemesh_log_resets_total"));

        // A leaf that is killed, or whose shield is, is lost, and comes back by itself.
        shield.Process.Signal(UnixSignal.Kill);
        await leaf.Process.WaitForLineAsync("is away");
        Assert.All((await MeshCalls.WaitForNodesAsync(region, all => all.Skip(1).All(node => node.State == NodeState.Lost))).Skip(1), node => Assert.Equal(NodeState.Lost, node.State));
        leaf.AssertNoUnexpectedErrors();
        region.AssertNoUnexpectedErrors();
    }

    [Fact]
    public async Task Upstreams_ThatLeadRound_RefuseCallsAndStreams()
    {
        var (port, adminPort) = (FreePort.Take(), FreePort.Take());
        await using var first = await NodeProcess.StartAsync("edge", "--name", "LHR50-1", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--upstream", $"http://127.0.0.1:{port}", "--upstream-admin", $"http://127.0.0.1:{adminPort}");
        await using var second = await NodeProcess.StartAsync("edge", "--name", "CDG50-1", "--listen", $"127.0.0.1:{port}", "--admin-listen", $"127.0.0.1:{adminPort}", "--upstream", $"{first.Address.GetLeftPart(UriPartial.Authority)}", "--upstream-admin", $"{first.AdminAddress.GetLeftPart(UriPartial.Authority)}");

        var line = await second.Process.WaitForLineAsync("refuses this node");
        Assert.Contains("leads back to edge location", line, StringComparison.Ordinal);

        using var caller = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        var answer = await CallAsync(caller, first.Address, "x");
        Assert.Equal("9", answer.Status);
    }

    [GeneratedRegex(@"MAN50-\d; fwd=miss; stored")]
    private static partial Regex AskedPattern();
}
