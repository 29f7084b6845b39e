using EdgeMesh.Testing;
using EdgeMesh.V1;
using Grpc.Net.Client;

namespace EdgeMesh.Scenarios.Conformance;

/// <summary>The public suite in <c>tests/grpc-cache-tests</c>: a real edge before a real Region keeps its rules; nginx keeps those that a relay must; each case can fail.</summary>
public sealed class GrpcCacheTests
{
    // A run takes 15 s here; a machine that does much else gets more.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    private static readonly string Suite = Path.Combine(Repository.Root, "tests", "grpc-cache-tests");

    [ForeignFact("node")]
    public async Task Edge_KeepsEveryRule_AndExplainAgreesWithItInEveryCase()
    {
        using var files = new TempDirectory();
        await AssertPassesAsync("edgemesh.sh", "--strict", "--transcript", files.File("transcript"));

        await using var region = await NodeProcess.StartRegionAsync(files.File("data"), "--admin-listen", "127.0.0.1:0");
        using var channel = GrpcChannel.ForAddress(region.AdminAddress);
        var faults = new List<string>();
        var compared = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var transcript in await SuiteTranscript.ReadAsync(files.File("transcript")))
        {
            var agreement = new ExplainAgreement(new PolicyService.PolicyServiceClient(channel), transcript);
            faults.AddRange(await agreement.FindAsync());
            foreach (var (kind, count) in agreement.Compared)
            {
                compared[kind] = compared.GetValueOrDefault(kind) + count;
            }
        }

        Assert.True(faults.Count == 0, $"{string.Join('\n', faults)}\n{string.Join(", ", compared)}");
        Assert.All((string[])["another key", "bypass", "looked up", "refused", "reused", "same key", "stale", "stored"], kind => Assert.True(compared[kind] > 10, kind));
    }

    [ForeignFact("node", "nginx")]
    public Task Nginx_KeepsTheRulesOfARelay() => AssertPassesAsync("nginx.sh", "--kind", "required");

    [ForeignFact("node")]
    public async Task Case_OnAProxyThatBreaksItsRule_Fails()
    {
        await using var check = ChildProcess.Start("node", [Path.Combine(Suite, "check.mjs")]);

        Assert.True(await check.WaitForExitAsync(Limit) == 0, string.Join('\n', check.Transcript));
        Assert.EndsWith(" s", Assert.Single(check.Output), StringComparison.Ordinal);
    }

    [ForeignFact("node")]
    public async Task Run_ProxyBreaksARule_ExitsWithOneAndSaysWhich()
    {
        var environment = new Dictionary<string, string?> { ["BREAKS"] = "ignores-no-store" };
        await using var run = ChildProcess.Start("node", [Path.Combine(Suite, "run.mjs"), "--start", Path.Combine(Suite, "proxy", "main.mjs"), "--filter", "^directives-no-"], environment);

        Assert.Equal(1, await run.WaitForExitAsync(Limit));
        Assert.Contains(run.Output, line => line.StartsWith("FAIL         directives-no-store: call 2 has the answer to the origin's call 1", StringComparison.Ordinal));
        Assert.DoesNotContain(run.Output, line => line.Contains("directives-no-cache:", StringComparison.Ordinal));
    }

    [ForeignFact("node")]
    public async Task Edge_RandomIdentitiesAndMetadata_NothingCrosses()
    {
        await using var fuzz = ChildProcess.Start("node", [Path.Combine(Suite, "fuzz.mjs"), "--start", Path.Combine(Suite, "start", "edgemesh.sh"), "--calls", "30000", "--seed", "1"], Program());

        Assert.True(await fuzz.WaitForExitAsync(Limit) == 0, string.Join('\n', fuzz.Transcript));
    }

    [ForeignTheory("node")]
    [InlineData("ignores-cookie")]
    [InlineData("anonymous-is-shared")]
    [InlineData("joins-credentials")]
    [InlineData("stores-despite-metadata+uses-despite-metadata")]
    [InlineData("collapses-identities+shares-everything")]
    public async Task Fuzz_ProxyThatMixesCallersUp_FindsIt(string breaks)
    {
        var environment = new Dictionary<string, string?> { ["BREAKS"] = breaks };
        await using var fuzz = ChildProcess.Start("node", [Path.Combine(Suite, "fuzz.mjs"), "--start", Path.Combine(Suite, "proxy", "main.mjs"), "--calls", "100000", "--seed", "1", "--most", "1"], environment);

        Assert.Equal(1, await fuzz.WaitForExitAsync(Limit));
        Assert.Contains(fuzz.Output, line => line.Contains("asked {", StringComparison.Ordinal));
    }

    private static Dictionary<string, string?> Program()
    {
        var environment = new Dictionary<string, string?> { ["PROGRAM"] = Path.Combine(AppContext.BaseDirectory, "edgemesh") };
        if (Path.GetDirectoryName(DotNetHost.Path) is { Length: > 0 } root)
        {
            environment["DOTNET_ROOT"] = root;
        }

        return environment;
    }

    private static async Task AssertPassesAsync(string script, params string[] more)
    {
        string[] arguments = [Path.Combine(Suite, "run.mjs"), "--start", Path.Combine(Suite, "start", script), "--timeout", "30", "--retry", "2", .. more];
        await using var run = ChildProcess.Start("node", arguments, Program());

        Assert.True(await run.WaitForExitAsync(Limit) == 0, string.Join('\n', run.Transcript));
        Assert.Matches(@"^required: (\d+) of \1(,|$)", run.Output[^1]);
    }
}
