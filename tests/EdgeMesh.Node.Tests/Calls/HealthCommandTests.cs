using EdgeMesh.EdgeLocation;
using EdgeMesh.Testing;

namespace EdgeMesh.Node.Tests.Calls;

/// <summary><c>edgemesh health</c> against real nodes.</summary>
public sealed class HealthCommandTests
{
    [Theory]
    [InlineData("--live")]
    [InlineData("--live=false")]
    public async Task Health_NodeIsWell_Succeeds(string which)
    {
        await using var edge = await StartEdgeAsync();

        var run = await CliRun.Of("health", "--to", edge.AdminAddress.ToString(), which);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.NotEqual("", run.Output);
    }

    [Fact]
    public async Task Health_NobodyThere_FailsAndSaysWho()
    {
        var port = FreePort.Take();

        var run = await CliRun.Of("health", "--to", $"http://127.0.0.1:{port}");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"http://127.0.0.1:{port} cannot be asked: ", run.Error, StringComparison.Ordinal);
    }

    private static Task<EdgeLocationNode> StartEdgeAsync() => EdgeLocationNode.StartAsync(
        new EdgeLocationOptions { Name = "LHR50-1", Listen = "127.0.0.1:0", Region = new Uri($"http://127.0.0.1:{FreePort.Take()}"), CacheBytes = 1 << 20 }, _ => { }, CancellationToken.None);
}
