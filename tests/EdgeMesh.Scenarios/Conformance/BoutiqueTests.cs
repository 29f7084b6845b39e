using System.Text.Json;
using EdgeMesh.Testing;

namespace EdgeMesh.Scenarios.Conformance;

/// <summary>A shop of microservices behind an edge, unchanged but for <c>cache-control</c> on its reads: most of its calls never reach it, and nobody is served old answers or another's.</summary>
public sealed class BoutiqueTests : IDisposable
{
    private const int Calls = 10_000;

    private static readonly string Examples = Path.Combine(Repository.Root, "clients/examples/node");

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [ForeignFact("node-example")]
    public async Task Shoppers_ThroughAnEdge_SpareTheShopFourCallsInFive()
    {
        await using var shop = ChildProcess.Start("node", [Path.Combine(Examples, "boutique.mjs"), "0"]);
        var listening = await shop.WaitForLineAsync("boutique.v1 listens on ");
        var origin = listening[(listening.LastIndexOf(' ') + 1)..];
        await using var region = await NodeProcess.StartRegionAsync(_directory.File("region"), "--origin", $"boutique.v1.=http://{origin}");
        await using var edge = await NodeProcess.StartEdgeAsync(region, "LHR50-1");
        await using var shoppers = ChildProcess.Start("node", [Path.Combine(Examples, "shoppers.mjs"), edge.Address.Authority, origin, $"{Calls}"]);

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
