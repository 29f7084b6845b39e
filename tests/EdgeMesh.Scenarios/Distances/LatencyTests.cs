using System.Text.Json.Nodes;
using EdgeMesh.Scenarios.Up;
using EdgeMesh.Testing;

namespace EdgeMesh.Scenarios.Distances;

/// <summary>The latency service over real processes: a mesh that measures itself, and the commands that ask it.</summary>
public sealed class LatencyTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // Each question is a process that starts: asked without a rest they take a core from the mesh that is to measure itself.
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Up_MeshOfFour_MeasuresRanksAndJudgesItself()
    {
        await using var up = EdgeMeshProgram.Start("up", "--port", "0", "--json");
        var nodes = await ReadNodesAsync(up);
        var admin = (await up.WaitForLineAsync(" latency matrix --to ", Patience)).Split(' ')[^1];

        // 1. Every pair is measured.
        var matrix = await UntilAsync(
            ["latency", "matrix", "--to", admin, "--json"],
            json => json["pairs"]!.AsArray() is { Count: 12 } pairs && pairs.All(pair => (string)pair!["source"]! == "measured" && (string)pair["reachability"]! == "reachable"));
        Assert.Equal(["eu-west-2", "CDG50-1", "FRA50-1", "LHR50-1"], matrix["nodes"]!.AsArray().Select(node => (string)node!["node"]!));

        // 2. Positions are those of the names, and order a ranking; asked of an edge, whose Region answers.
        var rank = await RunAsync("rank", "--near", "CDG", "--to", nodes["LHR50-1"], "--json");
        Assert.Equal(["CDG50-1", "LHR50-1", "eu-west-2", "FRA50-1"], rank["nodes"]!.AsArray().Select(node => (string)node!["node"]!));
        var french = await RunAsync("rank", "--near", "LHR", "--jurisdiction", "FR", "--to", nodes["LHR50-1"], "--json");
        Assert.Equal(["CDG50-1"], french["nodes"]!.AsArray().Select(node => (string)node!["node"]!));
        var measured = await RunAsync("rank", "--near", "FRA50-1", "--to", nodes["eu-west-2"], "--json");
        Assert.Equal(["measured", "measured", "measured"], measured["nodes"]!.AsArray().Select(node => (string)node!["basis"]!));

        // 3. A client's report becomes evidence.
        var ping = await RunAsync("ping", "CDG50-1", "--to", admin, "-c", "150", "-i", "2ms", "--report", "--json");
        Assert.Equal(("CDG50-1", 150, true), ((string)ping["node"]!, (int)ping["answered"]!, (bool)ping["reported"]!));
        var objectives = await UntilAsync(
            ["latency", "objectives", "--to", admin, "--json"],
            json => json["objectives"]!.AsArray().Any(objective => (string)objective!["node"]! == "CDG50-1" && (int)objective["samples"]! == 150));
        Assert.Equal(["CDG50-1", "FRA50-1", "LHR50-1"], objectives["objectives"]!.AsArray().Select(objective => (string)objective!["node"]!));
        Assert.Equal("unknown", (string)objectives["objectives"]![1]!["state"]!);

        // 4. A node that is gone is no longer ranked, and a pair with it is never shown as reachable.
        ProcessEnd.Kill(nodes.Pid("FRA50-1"));
        var lost = await UntilAsync(["rank", "--near", "CDG", "--to", nodes["eu-west-2"], "--json"], json => json["nodes"]!.AsArray().Count == 3);
        Assert.DoesNotContain(lost["nodes"]!.AsArray(), node => (string)node!["node"]! == "FRA50-1");

        up.Signal(UnixSignal.Interrupt);
        Assert.Equal(1, await up.WaitForExitAsync(Patience));
    }

    private static async Task<Nodes> ReadNodesAsync(ChildProcess up)
    {
        await up.WaitForLineAsync(line => line == "}", Patience);
        return new Nodes(JsonNode.Parse(string.Join('\n', up.Output))!["nodes"]!.AsArray());
    }

    private static async Task<JsonNode> RunAsync(params string[] arguments)
    {
        await using var run = EdgeMeshProgram.Start(arguments);
        Assert.True(await run.WaitForExitAsync(Patience) == 0, string.Join('\n', run.Transcript));
        return JsonNode.Parse(string.Join('\n', run.Output))!;
    }

    /// <summary>Asks again until it is so: probes and reports come every few seconds.</summary>
    private static async Task<JsonNode> UntilAsync(string[] arguments, Func<JsonNode, bool> isSo)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var json = await RunAsync(arguments);
            if (isSo(json))
            {
                return json;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(start) < Patience, json.ToJsonString());
            await Task.Delay(Rest);
        }
    }

    private sealed class Nodes(JsonArray nodes)
    {
        public string this[string name] => (string)Find(name)["address"]!;

        public int Pid(string name) => (int)Find(name)["pid"]!;

        private JsonNode Find(string name) => nodes.Single(node => (string)node!["name"]! == name)!;
    }
}
