using System.Text.Json.Nodes;
using EdgeMesh.Testing;

namespace EdgeMesh.Scenarios.Up;

/// <summary><c>edgemesh up</c>: a mesh of real processes, and that none of them is ever left behind.</summary>
public sealed class UpTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Check_FreshMesh_EveryEdgeMissesThenHits()
    {
        await using var up = EdgeMeshProgram.Start("up", "--check", "--port", "0", "--json");

        Assert.Equal(0, await up.WaitForExitAsync(Patience));
        var mesh = JsonNode.Parse(string.Join('\n', up.Output))!;
        Assert.True((bool)mesh["passed"]!);
        Assert.Equal(["eu-west-2", "CDG50-1", "FRA50-1", "LHR50-1"], mesh["nodes"]!.AsArray().Select(node => (string)node!["name"]!));
        Assert.Equal(
            ["LHR50-1 miss", "LHR50-1 hit", "CDG50-1 miss", "CDG50-1 hit", "FRA50-1 miss", "FRA50-1 hit"],
            mesh["calls"]!.AsArray().Select(call => $"{call!["node"]} {call["answer"]!["outcome"]}"));
        await AssertAllGoneAsync(mesh);
        Assert.False(Directory.Exists(DataOf(up)));
    }

    [Fact]
    public async Task Check_HostedByDotnet_StartsItsChildrenAlike()
    {
        await using var up = NodeProcess.Start("up", "--check", "--port", "0", "--edges", "1");

        Assert.Equal(0, await up.WaitForExitAsync(Patience));
        Assert.Equal("check passed", up.Output[^1]);
    }

    [Fact]
    public async Task Check_WithAZone_GreetsByTheZonesOwnReplica()
    {
        await using var up = EdgeMeshProgram.Start("up", "--check", "--port", "0", "--edges", "1", "--zones", "1", "--json");

        Assert.Equal(0, await up.WaitForExitAsync(Patience));
        var mesh = JsonNode.Parse(string.Join('\n', up.Output))!;
        Assert.True((bool)mesh["passed"]!);
        Assert.Equal(["eu-west-2", "LHR50-1", "eu-west-2-man-1a"], mesh["nodes"]!.AsArray().Select(node => (string)node!["name"]!));
        var greetings = mesh["greetings"]!.AsArray();
        Assert.Equal(["eu-west-2 Hello, world!", "eu-west-2-man-1a Hello, world!"], greetings.Select(greeting => $"{greeting!["node"]} {greeting["text"]}"));
        Assert.NotEqual((int)greetings[0]!["processId"]!, (int)greetings[1]!["processId"]!);
        await AssertAllGoneAsync(mesh);
    }

    [Fact]
    public async Task Up_Killed_TakesItsChildrenAlong()
    {
        await using var up = EdgeMeshProgram.Start("up", "--port", "0", "--edges", "2", "--json");
        var mesh = await ReadMeshAsync(up);

        up.Signal(UnixSignal.Kill);

        await AssertAllGoneAsync(mesh);
        Directory.Delete(DataOf(up), recursive: true);
    }

    [Theory]
    [InlineData(UnixSignal.HangUp)]
    [InlineData(UnixSignal.Interrupt)]
    [InlineData(UnixSignal.Terminate)]
    public async Task Up_AskedToEnd_StopsItsChildrenAndExitsWith0(UnixSignal signal)
    {
        await using var up = EdgeMeshProgram.Start("up", "--port", "0", "--edges", "1", "--json");
        var mesh = await ReadMeshAsync(up);

        up.Signal(signal);

        Assert.Equal(0, await up.WaitForExitAsync(Patience));
        await AssertAllGoneAsync(mesh);
        Assert.False(Directory.Exists(DataOf(up)));
    }

    [Fact]
    public async Task Up_TerminalClosed_EndsInOrderThoughTheSignalComesTwice()
    {
        await using var up = EdgeMeshProgram.Start("up", "--port", "0", "--edges", "1", "--json");
        await ReadMeshAsync(up);

        up.Signal(UnixSignal.HangUp);
        up.Signal(UnixSignal.HangUp);

        Assert.Equal(0, await up.WaitForExitAsync(Patience));
        Assert.False(Directory.Exists(DataOf(up)));
    }

    [Theory]
    [InlineData("starting ", 0)]
    [InlineData("eu-west-2  ready at ", 0)]
    [InlineData("eu-west-2  ready at ", 130, "--check")]
    public async Task Up_AskedToEndWhileItStarts_StopsWhatRuns(string line, int exitCode, params string[] options)
    {
        await using var up = EdgeMeshProgram.Start(["up", "--port", "0", .. options]);
        await up.WaitForLineAsync(line, Patience);

        up.Signal(UnixSignal.Interrupt);

        Assert.Equal(exitCode, await up.WaitForExitAsync(Patience));
        Assert.False(Directory.Exists(DataOf(up)));
    }

    [Fact]
    public async Task Up_ChildKilled_IsNamedAndMakesTheExitCode1()
    {
        await using var up = EdgeMeshProgram.Start("up", "--port", "0", "--edges", "2", "--json");
        var mesh = await ReadMeshAsync(up);

        ProcessEnd.Kill(PidOf(mesh, "LHR50-1"));

        await up.WaitForLineAsync("edgemesh: LHR50-1 ended by itself with exit code 137; it is not restarted.", Patience);
        var byHand = await up.WaitForLineAsync(" edge --name LHR50-1 --region ", Patience);
        Assert.DoesNotContain("--exit-on-stdin-close", byHand);
        up.Signal(UnixSignal.Interrupt);
        Assert.Equal(1, await up.WaitForExitAsync(Patience));
        await AssertAllGoneAsync(mesh);
    }

    [Fact]
    public async Task Up_Data_IsKept()
    {
        using var directory = new TempDirectory();
        await using (var up = EdgeMeshProgram.Start("up", "--check", "--port", "0", "--edges", "0", "--data", directory.File("mesh")))
        {
            Assert.Equal(0, await up.WaitForExitAsync(Patience));
        }

        Assert.NotEmpty(Directory.GetFileSystemEntries(directory.File("mesh")));
    }

    /// <summary>The JSON document on standard output, once its last line is there.</summary>
    private static async Task<JsonNode> ReadMeshAsync(ChildProcess up)
    {
        await up.WaitForLineAsync(line => line == "}", Patience);
        return JsonNode.Parse(string.Join('\n', up.Output))!;
    }

    private static int PidOf(JsonNode mesh, string name) =>
        (int)mesh["nodes"]!.AsArray().Single(node => (string)node!["name"]! == name)!["pid"]!;

    private static async Task AssertAllGoneAsync(JsonNode mesh)
    {
        foreach (var node in mesh["nodes"]!.AsArray())
        {
            Assert.True(await ProcessEnd.WaitAsync((int)node!["pid"]!, Patience), $"{node["name"]} still runs as process {node["pid"]}.");
        }
    }

    private static string DataOf(ChildProcess up) => up.Errors.Single(line => line.StartsWith("starting ", StringComparison.Ordinal)).Split(" data in ")[1];
}
