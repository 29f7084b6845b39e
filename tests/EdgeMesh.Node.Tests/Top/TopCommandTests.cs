using System.Text.Json;
using EdgeMesh.Testing;

namespace EdgeMesh.Node.Tests.Top;

public sealed class TopCommandTests(SmallMesh mesh) : IClassFixture<SmallMesh>
{
    [Fact]
    public async Task RunAsync_Once_IsOneTableWithRates()
    {
        var run = await CliRun.Of("top", "--to", mesh.RegionAdmin, "--once", "--sort", "calls", "--json");

        using var json = JsonDocument.Parse(run.Output);
        var nodes = json.RootElement.GetProperty("nodes").EnumerateArray().ToList();
        Assert.Equal(["LHR50-1", "eu-west-2"], nodes.Select(node => node.GetProperty("name").GetString()).Order(StringComparer.Ordinal));
        Assert.All(nodes, node => Assert.Equal(JsonValueKind.Number, node.GetProperty("callsPerSecond").ValueKind));
        Assert.Equal(0, run.ExitCode);
    }

    [Fact]
    public async Task RunAsync_UnknownOrder_NamesThem()
    {
        var run = await CliRun.Of("top", "--sort", "size");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("--sort 'size': want name, calls, hits, latency, bytes or errors", run.Error);
    }

    [ForeignFact("script")]
    public async Task RunAsync_OnATerminal_DrawsSortsAndGivesTheTerminalBack()
    {
        var command = $"stty rows 10 cols 100; '{DotNetHost.Path}' '{Path.Combine(AppContext.BaseDirectory, "edgemesh.dll")}' top --to {mesh.RegionAdmin} --interval 100ms";
        using var top = ChildProcess.Start("script", ["-qec", command, "/dev/null"], new Dictionary<string, string?> { ["TERM"] = "xterm" });

        await top.WaitForLineAsync(line => line.Contains("\u001b[?1049h", StringComparison.Ordinal) && line.Contains("eu-west-2: 2 nodes (2 ready)", StringComparison.Ordinal));
        await top.WaitForLineAsync("by name; s sorts otherwise");
        await top.WriteLineAsync("s");
        await top.WaitForLineAsync("by calls; s sorts otherwise");
        await top.WriteLineAsync("q");

        Assert.Equal(0, await top.WaitForExitAsync());
        Assert.Contains("\u001b[?1049l", string.Concat(top.Output), StringComparison.Ordinal);
        Assert.All(top.Output, line => Assert.InRange(line.Split("\u001b[H")[^1].Replace("\u001b[K", "").Replace("\u001b[7m", "").Replace("\u001b[0m", "").Length, 0, 100));
    }
}
