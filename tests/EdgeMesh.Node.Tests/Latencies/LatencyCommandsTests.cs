using System.Text.Json.Nodes;
using System.Xml.Linq;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Testing;

namespace EdgeMesh.Node.Tests.Latencies;

/// <summary><c>latency matrix</c>, <c>latency objectives</c> and <c>rank</c> against nodes that really probe each other.</summary>
public sealed class LatencyCommandsTests(SmallMesh mesh) : IClassFixture<SmallMesh>
{
    [Fact]
    public async Task Matrix_OfAMesh_IsMeasuredAfterAWhile()
    {
        using var directory = new TempDirectory();
        var svg = directory.File("mesh.svg");

        var json = await UntilAsync(
            () => CliRun.Of("latency", "matrix", "--to", mesh.RegionAdmin, "--svg", svg, "--json"),
            json => json["pairs"]!.AsArray() is { Count: 2 } pairs && pairs.All(pair => (string)pair!["source"]! == "measured" && (string)pair["reachability"]! == "reachable"));

        Assert.Equal(["eu-west-2", "LHR50-1"], json["nodes"]!.AsArray().Select(node => (string)node!["node"]!));
        Assert.All(json["pairs"]!.AsArray(), pair => Assert.InRange((double)pair!["ms"]!, 0.001, 10_000));
        Assert.Equal(4, XDocument.Load(svg).Descendants().Count(element => element.Name.LocalName == "text" && element.Value is "eu-west-2" or "LHR50-1"));

        var table = await CliRun.Of("latency", "matrix", "--to", mesh.RegionAdmin);
        Assert.Matches(@"^FROM \\ TO +EU-WEST-2 +LHR50-1\neu-west-2 +[0-9.]+\nLHR50-1 +[0-9.]+\n$", table.Output);
        Assert.StartsWith("milliseconds; ", table.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Matrix_NoSuchNode_Says()
    {
        var run = await CliRun.Of("latency", "matrix", "--node", "XXX50-1", "--to", mesh.RegionAdmin);

        Assert.Equal((ExitCodes.Failed, "edgemesh: no node is named XXX50-1\n"), (run.ExitCode, run.Error));
    }

    [Fact]
    public async Task Rank_NearAPlace_AtTheRegionAndThroughAnEdgeIsTheSame()
    {
        var json = await UntilAsync(() => CliRun.Of("rank", "--near", "CDG", "--to", mesh.Region, "--json"), json => json["nodes"]!.AsArray().Count == 2);
        var throughEdge = JsonNode.Parse((await CliRun.Of("rank", "--near", "CDG", "--to", mesh.Edge, "--json")).Output)!;

        // The edge stands where its name says, the Region did not say.
        Assert.Equal([("LHR50-1", "positions"), ("eu-west-2", "nothing")], json["nodes"]!.AsArray().Select(node => ((string)node!["node"]!, (string)node["basis"]!)));
        Assert.Equal(json.ToJsonString(), throughEdge.ToJsonString());
        Assert.Contains("348 km away", (await CliRun.Of("rank", "--near", "CDG", "--to", mesh.Region)).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("LHR62-C2", 0, "")]
    [InlineData("LHR99-9", 0, "")]
    [InlineData("91,0", 2, "--near '91,0': want a latitude from -90 to 90")]
    [InlineData("QQQ", 2, "--near 'QQQ': want LATITUDE,LONGITUDE")]
    [InlineData("192.0.2.1", 1, "NOT_FOUND: no client of 192.0.2.0/24 reported where it is")]
    [InlineData("QQQ50-1", 1, "NOT_FOUND: no node of this mesh")]
    public async Task Rank_NearAnything_IsAnsweredOrExplained(string near, int exitCode, string said)
    {
        var run = await CliRun.Of("rank", "--near", near, "--to", mesh.Region);

        Assert.Equal(exitCode, run.ExitCode);
        Assert.Contains(said, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Objectives_AfterAReport_HaveItsEvidence()
    {
        var ping = await CliRun.Of("ping", mesh.Edge, "-c", "120", "-i", "1ms", "--report", "--position", "CDG", "--json");
        Assert.Equal((ExitCodes.Success, ""), (ping.ExitCode, ping.Error));

        var json = await UntilAsync(
            () => CliRun.Of("latency", "objectives", "--to", mesh.RegionAdmin, "--json"),
            json => json["objectives"]!.AsArray() is [{ } one] && (int)one["samples"]! == 120);

        var objective = json["objectives"]![0]!;
        Assert.Equal(("LHR50-1", 10.0, 1), ((string)objective["node"]!, (double)objective["targetMs"]!, (int)objective["clients"]!));
        Assert.Equal((double)objective["actualMs"]! < 10 ? "met" : "missed", (string)objective["state"]!);

        // And where the client is: loopback's network is near Paris now.
        var rank = await UntilAsync(() => CliRun.Of("rank", "--near", "127.0.0.1", "--to", mesh.Region, "--json"), json => json["nodes"]!.AsArray().Count == 2);
        Assert.Contains("348 km away", (string)rank["nodes"]![0]!["why"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_OfAMesh_ShowsTheMatrixUntilInterrupted()
    {
        using var watch = ChildProcess.Start(DotNetHost.Path, [Path.Combine(AppContext.BaseDirectory, "edgemesh.dll"), "latency", "watch", "--interval", "1s", "--to", mesh.RegionAdmin], new Dictionary<string, string?>());
        await watch.WaitForLineAsync(line => line.StartsWith("LHR50-1 ", StringComparison.Ordinal));

        watch.Signal(UnixSignal.Interrupt);

        Assert.True(await watch.WaitForExitAsync() == 0, string.Join('\n', watch.Transcript));
    }

    /// <summary>Asks again until the answer is there: probes and reports come every few seconds.</summary>
    private static async Task<JsonNode> UntilAsync(Func<Task<CliRun>> ask, Func<JsonNode, bool> isThere)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var run = await ask();
            if (run.ExitCode == 0 && JsonNode.Parse(run.Output) is { } json && isThere(json))
            {
                return json;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(start) < TestDeadline.Default, $"{run.Output}{run.Error}");
        }
    }
}
