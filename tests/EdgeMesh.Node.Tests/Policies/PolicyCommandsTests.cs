using System.Text.Json;
using EdgeMesh.Testing;

namespace EdgeMesh.Node.Tests.Policies;

/// <summary>The commands against a Region and an edge location; each test has a mesh of its own, since policies are for all methods of one.</summary>
public sealed class PolicyCommandsTests : IAsyncLifetime
{
    private const string List = "edgemesh.v1.ObjectStoreService/ListBuckets";

    private readonly SmallMesh _mesh = new();
    private readonly TempDirectory _files = new();

    public Task InitializeAsync() => _mesh.InitializeAsync();

    public async Task DisposeAsync()
    {
        await _mesh.DisposeAsync();
        _files.Dispose();
    }

    [Fact]
    public async Task Apply_ThenRollback_NodesFollowWhileTheyRun()
    {
        Assert.Contains("detail=not-declared", await CallAsync(), StringComparison.Ordinal);

        var applied = await ApplyAsync($"rules: [{{methods: [{List}], ttl: 1h}}]");
        Assert.Equal((0, "policy 1 is in force\n"), (applied.ExitCode, applied.Output));
        await CallUntilAsync("hit;");
        Assert.Equal("policy 1 says the same, and stays in force\n", (await ApplyAsync($"rules: [{{methods: [{List}], ttl: 3600s}}]")).Output);
        await ApplyAsync("rules: [{methods: ['edgemesh.v1.*'], no_store: true}]", "--note", "stop");
        await CallUntilAsync("fwd=bypass; detail=policy-no-store");

        Assert.Equal("policy 3 is in force\n", (await PolicyAsync("rollback")).Output);
        await CallUntilAsync("hit;");
        var history = JsonDocument.Parse((await PolicyAsync("history", "--json")).Output).RootElement.GetProperty("versions");
        Assert.Equal([(3, "rollback to 1"), (2, "stop"), (1, "")], history.EnumerateArray().Select(version => (version.GetProperty("version").GetInt32(), version.GetProperty("note").GetString()!)));
        Assert.Equal(history[0].GetProperty("digest").GetString(), history[2].GetProperty("digest").GetString());
    }

    [Fact]
    public async Task Apply_FaultThatOnlyTheRegionSees_IsNamedByLine()
    {
        var applied = await ApplyAsync("rules:\n- methods: [edgemesh.v1.ObjectStoreService/HeadObject]\n  key_fields:\n  - bucket\n  - kye\n");

        Assert.Equal(1, applied.ExitCode);
        Assert.EndsWith("policy.yaml:5 rules[0].key_fields[1]: names field kye, which edgemesh.v1.HeadObjectRequest does not have; is kye\n", applied.Error, StringComparison.Ordinal);
        Assert.StartsWith("# version 0", (await PolicyAsync("get")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Diff_File_ExitCodeTellsWhetherItDiffers()
    {
        var path = _files.File("other.yaml");
        await File.WriteAllTextAsync(path, "rules: [{methods: [a.B/C], ttl: 1m}]");
        await ApplyAsync("rules: [{methods: [a.B/C], ttl: 60s}]");

        Assert.Equal((0, ""), await DiffAsync(path));
        Assert.Equal((1, "  rules:\n  - methods: [a.B/C]\n-   ttl: 60s\n+   ttl: 61s\n"), await DiffAsync(await WriteAsync("rules: [{methods: [a.B/C], ttl: 61s}]")));
        Assert.Equal((0, ""), await DiffAsync("1", "--from", "1"));
    }

    [Fact]
    public async Task Explain_Call_TellsWhoDecidedAndWhatIsKept()
    {
        await ApplyAsync("rules: [{methods: [edgemesh.v1.ObjectStoreService/HeadObject], ttl: 1h, key_fields: [key], tags: ['object:{key}']}]");

        var explained = JsonDocument.Parse((await PolicyAsync("explain", "edgemesh.v1.ObjectStoreService/HeadObject", "-d", "{\"bucket\": \"b\", \"key\": \"k\"}", "--answer-header", "cache-control: max-age=5", "--json")).Output).RootElement;

        Assert.True(explained.GetProperty("stored").GetBoolean());
        Assert.Equal(5, explained.GetProperty("ttlSeconds").GetDouble());
        Assert.Equal("object:k", explained.GetProperty("tags")[0].GetString());
        Assert.Equal(["response", "policy"], explained.GetProperty("properties").EnumerateArray().Where(property => property.GetProperty("name").GetString() is "ttl" or "key_fields").Select(property => property.GetProperty("source").GetString()));
        Assert.Equal("by fields: 12016b (3 bytes)", explained.GetProperty("key").EnumerateArray().Single(part => part.GetProperty("name").GetString() == "message").GetProperty("value").GetString());
    }

    [Fact]
    public async Task Shadow_RuleThatIsTried_TellsWhatItWouldHaveSaved()
    {
        Assert.Equal("METHOD  NODE  CALLS  HITS  RATIO  CALLS SAVED  BYTES SAVED\n", (await PolicyAsync("shadow")).Output);

        await ApplyAsync($"rules: [{{methods: [{List}], ttl: 1h}}]", "--shadow");
        var start = TimeProvider.System.GetTimestamp();
        for (var hits = 0; hits == 0;)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TestDeadline.Default, "no report told of a call saved");
            Assert.Contains("detail=not-declared", await CallAsync(), StringComparison.Ordinal);
            var shadows = JsonDocument.Parse((await PolicyAsync("shadow", "--json")).Output).RootElement.GetProperty("shadows");
            hits = shadows.GetArrayLength() == 0 ? 0 : shadows[0].GetProperty("savedCalls").GetInt32();
        }
    }

    private async Task<string> CallAsync() => (await CliRun.Of("call", _mesh.Edge, List, "-v")).Error;

    private async Task CallUntilAsync(string cacheStatus)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (await CallAsync() is var seen && !seen.Contains(cacheStatus, StringComparison.Ordinal))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TestDeadline.Default, seen);
        }
    }

    private async Task<(int ExitCode, string Output)> DiffAsync(params string[] arguments)
    {
        var run = await PolicyAsync(["diff", .. arguments]);
        return (run.ExitCode, run.Output);
    }

    private async Task<CliRun> ApplyAsync(string policy, params string[] options) => await PolicyAsync(["apply", await WriteAsync(policy), .. options]);

    private async Task<string> WriteAsync(string policy)
    {
        var path = _files.File("policy.yaml");
        await File.WriteAllTextAsync(path, policy);
        return path;
    }

    private Task<CliRun> PolicyAsync(params string[] arguments) => CliRun.Of(["policy", .. arguments, "--to", _mesh.RegionAdmin]);
}
