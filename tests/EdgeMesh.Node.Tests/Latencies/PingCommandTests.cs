using System.Text.Json.Nodes;
using EdgeMesh.Node.CommandLine;

namespace EdgeMesh.Node.Tests.Latencies;

public sealed class PingCommandTests(SmallMesh mesh) : IClassFixture<SmallMesh>
{
    [Fact]
    public async Task Ping_Address_ShowsEachProbeAndSumsUp()
    {
        var run = await CliRun.Of("ping", mesh.Edge, "-c", "3", "-i", "1ms");

        Assert.Equal((ExitCodes.Success, ""), (run.ExitCode, run.Error));
        Assert.StartsWith($"PING LHR50-1 ({mesh.Edge.TrimEnd('/')})", run.Output, StringComparison.Ordinal);
        Assert.All(Enumerable.Range(1, 3), sequence => Assert.Matches($@"seq={sequence} time=[0-9.]+ ms in-flight=0\n", run.Output));
        Assert.Contains("3 probes sent, 3 answered, 0 % lost", run.Output, StringComparison.Ordinal);
        Assert.Matches(@"round trip min/avg/max/mdev = [0-9.]+/[0-9.]+/[0-9.]+/[0-9.]+ ms", run.Output);
        Assert.Contains("█", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ping_Name_IsFoundAtTheRegionAndReported()
    {
        var run = await CliRun.Of("ping", "eu-west-2", "--to", mesh.RegionAdmin, "--count", "20", "--interval", "1ms", "--report", "--json");

        Assert.Equal((ExitCodes.Success, ""), (run.ExitCode, run.Error));
        var json = JsonNode.Parse(run.Output)!;
        Assert.Equal(("eu-west-2", "eu-west-2", 20, 20, true), ((string)json["node"]!, (string)json["region"]!, (int)json["sent"]!, (int)json["answered"]!, (bool)json["reported"]!));
        Assert.Equal(20, json["histogram"]!.AsArray().Sum(row => (int)row!["count"]!));
        Assert.Equal([50, 75, 90, 95, 100], json["percentiles"]!.AsArray().Select(row => (double)row!["percentile"]!));
        Assert.True((double)json["minMs"]! > 0 && (double)json["minMs"]! <= (double)json["maxMs"]!);
    }

    [Fact]
    public async Task Ping_NoSuchNode_NamesThoseThatThereAre()
    {
        var run = await CliRun.Of("ping", "XXX50-1", "--to", mesh.RegionAdmin);

        Assert.Equal(ExitCodes.Failed, run.ExitCode);
        Assert.Contains("no node is named XXX50-1; there are eu-west-2", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1/path", "node 'http://127.0.0.1:1/path': want http://HOST:PORT")]
    [InlineData("127.0.0.1:1", "cannot reach http://127.0.0.1:1")]
    public async Task Ping_NothingThere_Says(string node, string said)
    {
        var run = await CliRun.Of("ping", node, "-c", "1");

        Assert.NotEqual(ExitCodes.Success, run.ExitCode);
        Assert.Contains(said, run.Error, StringComparison.Ordinal);
    }
}
