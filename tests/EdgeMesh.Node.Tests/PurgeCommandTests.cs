using System.Text.Json.Nodes;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Grpc.Net.Client;

namespace EdgeMesh.Node.Tests;

/// <summary><c>edgemesh purge</c> against a Region and an edge location.</summary>
public sealed class PurgeCommandTests(SmallMesh mesh) : IClassFixture<SmallMesh>, IAsyncLifetime
{
    private const string Head = "edgemesh.v1.ObjectStoreService/HeadObject";

    private readonly string _bucket = $"b-{Guid.NewGuid():N}";

    public async Task InitializeAsync()
    {
        // The edge has to be in the mesh before it is counted there.
        var start = TimeProvider.System.GetTimestamp();
        while (!(await CliRun.Of("nodes", "--to", mesh.RegionAdmin)).Output.Contains("LHR50-1", StringComparison.Ordinal))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TestDeadline.Default, "the edge has not joined");
        }

        await CliRun.Of("mb", _bucket, "--to", mesh.Region);
        await CliRun.With([], "hello"u8.ToArray(), "put", "-", $"{_bucket}/a", "--to", mesh.Region, "--tag", $"tag-{_bucket}");
        await CliRun.With([], "hello"u8.ToArray(), "put", "-", $"{_bucket}/b", "--to", mesh.Region);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Purge_Tag_TakesItsAnswersAtEveryNodeAndTellsSo()
    {
        await FillAsync();

        var run = await PurgeAsync("--tag", $"tag-{_bucket}", "--json");

        Assert.Equal((ExitCodes.Success, ""), (run.ExitCode, run.Error));
        var json = JsonNode.Parse(run.Output)!;
        Assert.True((bool)json["complete"]!);
        var node = Assert.Single(json["nodes"]!.AsArray())!;
        Assert.Equal(("LHR50-1", "ready", true), ((string)node["name"]!, (string)node["state"]!, (bool)node["applied"]!));
        Assert.True((ulong)node["sequence"]! >= (ulong)json["sequence"]!);
        Assert.Equal(("miss", "hit"), (await StatusAsync("a"), await StatusAsync("b")));
    }

    [Fact]
    public async Task Purge_KeyAsJson_TakesTheAnswersToThatRequest()
    {
        await FillAsync();

        var run = await PurgeAsync("--key", $$"""{{Head}} {"key": "a", "bucket": "{{_bucket}}"}""");

        Assert.Equal((ExitCodes.Success, ""), (run.ExitCode, run.Error));
        Assert.Contains("applied by all 1 nodes", run.Output, StringComparison.Ordinal);
        Assert.Equal(("miss", "hit"), (await StatusAsync("a"), await StatusAsync("b")));
    }

    [Fact]
    public async Task Purge_KeyAsBytes_TakesTheAnswersToThatRequest()
    {
        await FillAsync();
        var bytes = Convert.ToBase64String([0x0a, (byte)_bucket.Length, .. System.Text.Encoding.ASCII.GetBytes(_bucket), 0x12, 1, (byte)'b']);

        Assert.Equal(ExitCodes.Success, (await PurgeAsync("--key", $"{Head} base64:{bytes}")).ExitCode);

        Assert.Equal(("hit", "miss"), (await StatusAsync("a"), await StatusAsync("b")));
    }

    [Theory]
    [InlineData("--method", Head)]
    [InlineData("--all", null)]
    public async Task Purge_MethodOrAll_TakesAllItsAnswers(string option, string? value)
    {
        await FillAsync();

        Assert.Equal(ExitCodes.Success, (await PurgeAsync(value is null ? [option] : [option, value])).ExitCode);

        Assert.Equal(("miss", "miss"), (await StatusAsync("a"), await StatusAsync("b")));
    }

    [Fact]
    public async Task Purge_NodeThatHasNotAppliedIt_IsNamedAndExitsWithOne()
    {
        using var channel = GrpcChannel.ForAddress(mesh.RegionAdmin);
        using var join = new TopologyService.TopologyServiceClient(channel).Join();
        await join.RequestStream.WriteAsync(new JoinRequest { Hello = new() { Name = "CDG50-1", Kind = NodeKind.EdgeLocation, Address = "http://127.0.0.1:1", Version = "0.1.0" } });
        Assert.True(await join.ResponseStream.MoveNext(CancellationToken.None));

        var run = await PurgeAsync("--tag", "x", "--timeout", "5s");

        Assert.Equal(ExitCodes.Failed, run.ExitCode);
        Assert.Contains("not applied within 5s by CDG50-1 (ready)", run.Output, StringComparison.Ordinal);

        // When it is lost, it is not waited for; and it is not forgotten.
        join.Dispose();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        CliRun lost;
        do
        {
            lost = await PurgeAsync("--tag", "x", "--timeout", "5s");
        }
        while (lost.Output.Contains("CDG50-1 (ready)", StringComparison.Ordinal) && watch.Elapsed < TestDeadline.Default);

        Assert.Equal(ExitCodes.Failed, lost.ExitCode);
        Assert.Matches(@"applied by all \d+ nodes that are in the mesh, in .*\nlost, and not known to have applied it: CDG50-1\.", lost.Output.ReplaceLineEndings("\n"));

        // It comes back and takes its leave, or it would stay listed.
        using var again = new TopologyService.TopologyServiceClient(channel).Join();
        await again.RequestStream.WriteAsync(new JoinRequest { Hello = new() { Name = "CDG50-1", Kind = NodeKind.EdgeLocation, Address = "http://127.0.0.1:1", Version = "0.1.0" } });
        Assert.True(await again.ResponseStream.MoveNext(CancellationToken.None));
        await again.RequestStream.WriteAsync(new JoinRequest { Report = new NodeReport { Draining = true } });
        await again.RequestStream.CompleteAsync();
        while (await again.ResponseStream.MoveNext(CancellationToken.None))
        {
        }
    }

    [Fact]
    public async Task List_TellsTheLatestFirst()
    {
        await PurgeAsync("--tag", "one", "--soft", "--note", "the first");
        await PurgeAsync("--tag", "two", "--method", Head, "--key", $"{Head} base64:CgFh", "--all");

        var purges = JsonNode.Parse((await CliRun.Of("purge", "ls", "--to", mesh.RegionAdmin, "--count", "2", "--json")).Output)!["purges"]!.AsArray();

        Assert.Equal(["two", null, null, null], purges[0]!["targets"]!.AsArray().Select(target => (string?)target!["tag"]).OrderByDescending(tag => tag, StringComparer.Ordinal));
        Assert.Contains(purges[0]!["targets"]!.AsArray(), target => (string?)target!["message"] == "CgFh");
        Assert.Equal((true, "the first"), ((bool)purges[1]!["soft"]!, (string)purges[1]!["note"]!));
        Assert.Contains($"key {Head} base64:CgFh", (await CliRun.Of("purge", "ls", "--to", mesh.RegionAdmin)).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nothing to purge")]
    [InlineData("want 'SERVICE/METHOD JSON'", "--key", "GetProduct")]
    [InlineData("not base64", "--key", "a.B/C base64:?")]
    [InlineData("--key 'edgemesh.v1.ObjectStoreService/HeadObject'", "--key", Head + " {\"no\": 1}")]
    public async Task Purge_BadInput_IsRefusedInWords(string expected, params string[] arguments)
    {
        var run = await PurgeAsync(arguments);

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Purge_BadTag_IsRefusedByTheRegion()
    {
        var run = await PurgeAsync("--tag", "a b");

        Assert.Equal(ExitCodes.Failed, run.ExitCode);
        Assert.Contains("invalidation.targets[0].tag: must be 1 to 256 bytes", run.Error, StringComparison.Ordinal);
    }

    private Task<CliRun> PurgeAsync(params string[] arguments) => CliRun.Of(["purge", .. arguments, "--to", mesh.RegionAdmin]);

    private async Task FillAsync()
    {
        foreach (var key in (string[])["a", "b"])
        {
            await StatusAsync(key);
            Assert.Equal("hit", await StatusAsync(key));
        }
    }

    /// <summary>How the edge comes to its answer.</summary>
    private async Task<string> StatusAsync(string key)
    {
        var run = await CliRun.Of("stat", $"{_bucket}/{key}", "--to", mesh.Edge, "--json");
        Assert.Equal("", run.Error);
        return (string)JsonNode.Parse(run.Output)!["answer"]!["outcome"]!;
    }
}
