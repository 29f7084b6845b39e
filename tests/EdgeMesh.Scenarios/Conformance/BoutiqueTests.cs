using System.Text.Json;
using EdgeMesh.Testing;

namespace EdgeMesh.Scenarios.Conformance;

/// <summary>A shop of microservices behind an edge, its reads declared cacheable by itself or by policy: most of its calls never reach it, and nobody is served old answers or another's.</summary>
public sealed class BoutiqueTests : IDisposable
{
    private const int Calls = 10_000;

    private static readonly string Examples = Path.Combine(Repository.Root, "clients/examples");

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [ForeignTheory("node-example")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Shoppers_ThroughAnEdge_SpareTheShopFourCallsInFive(bool byPolicy)
    {
        string[] more = byPolicy ? ["silent"] : [];
        await using var shop = ChildProcess.Start("node", [Path.Combine(Examples, "node/boutique.mjs"), "0", .. more]);
        var listening = await shop.WaitForLineAsync("boutique.v1 listens on ");
        var origin = listening[(listening.LastIndexOf(' ') + 1)..];
        await using var region = await NodeProcess.StartRegionAsync(_directory.File("region"), "--origin", $"boutique.v1.=http://{origin}");
        await using var edge = await NodeProcess.StartEdgeAsync(region, "LHR50-1");
        if (byPolicy)
        {
            await using var apply = NodeProcess.Start("policy", "apply", Path.Combine(Examples, "boutique-policy.yaml"), "--to", region.AdminAddress.GetLeftPart(UriPartial.Authority));
            Assert.True(await apply.WaitForExitAsync() == 0, string.Join('\n', apply.Transcript));
        }

        await using var shoppers = ChildProcess.Start("node", [Path.Combine(Examples, "node/shoppers.mjs"), edge.Address.Authority, origin, $"{Calls}"]);

        Assert.True(await shoppers.WaitForExitAsync(TimeSpan.FromMinutes(4)) == 0, string.Join('\n', shoppers.Transcript));
        var seen = JsonDocument.Parse(Assert.Single(shoppers.Output)).RootElement;

        Assert.True(seen.GetProperty("calls").GetInt32() >= Calls);
        foreach (var fault in new[] { "tooOld", "ofAnother", "lostWrites", "failed" })
        {
            Assert.True(seen.GetProperty(fault).GetInt32() == 0, $"{fault}: {seen}\n{string.Join('\n', shoppers.Errors)}");
        }

        Assert.True(seen.GetProperty("spared").GetDouble() > 0.8, $"{seen}");
        region.AssertNoUnexpectedErrors();
        edge.AssertNoUnexpectedErrors();
    }
}
