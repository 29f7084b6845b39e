using System.Diagnostics.Metrics;
using EdgeMesh.LocalZone;
using EdgeMesh.Testing;

namespace EdgeMesh.Node.Tests.Servers;

/// <summary>docs/metrics.md lists the instruments that nodes really have, with their kinds and units.</summary>
public sealed class MetricsDocumentTests(SmallMesh mesh) : IClassFixture<SmallMesh>
{
    [Fact]
    public async Task Document_EveryInstrument_IsListedAsItIs()
    {
        await using var zone = await LocalZoneNode.StartAsync(
            new LocalZoneOptions { Name = "eu-west-2-man-1a", Listen = "127.0.0.1:0", Region = new Uri(mesh.Region), RegionAdmin = new Uri(mesh.RegionAdmin), CacheBytes = 8 << 20 }, _ => { }, CancellationToken.None);
        var real = new SortedSet<string>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name.StartsWith("EdgeMesh.", StringComparison.Ordinal))
                {
                    var kind = instrument.GetType().Name.Split('`')[0].Replace("Observable", "", StringComparison.Ordinal);
                    real.Add($"{instrument.Name} | {kind.ToLowerInvariant()} | {instrument.Unit ?? "1"}");
                }
            },
        };
        listener.Start();

        var listed = File.ReadLines(Path.Combine(Repository.Root, "docs/metrics.md"))
            .TakeWhile(line => line != "### Of a routing client")
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('|').Select(cell => cell.Trim().Trim('`')).ToArray())
            .Select(cells => $"{cells[1]} | {cells[2]} | {cells[3]}");
        Assert.Equal(real, new SortedSet<string>(listed, StringComparer.Ordinal));
    }
}
