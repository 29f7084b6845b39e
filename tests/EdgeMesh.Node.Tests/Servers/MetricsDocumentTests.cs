using System.Diagnostics.Metrics;
using EdgeMesh.Testing;

namespace EdgeMesh.Node.Tests.Servers;

/// <summary>docs/metrics.md lists the instruments that nodes really have, with their kinds and units.</summary>
public sealed class MetricsDocumentTests(SmallMesh mesh) : IClassFixture<SmallMesh>
{
    [Fact]
    public void Document_EveryInstrument_IsListedAsItIs()
    {
        Assert.NotEmpty(mesh.Edge);
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
