using System.Xml.Linq;
using EdgeMesh.Lab.CacheSimulation;

namespace EdgeMesh.Lab.Tests.CacheSimulation;

public sealed class MissRatioPlotTests
{
    [Theory]
    [InlineData(true, 20, 40)]
    [InlineData(false, 10, 30)]
    public void Draw_AnyResults_HasALineAPolicyAndPanel(bool hasSizes, int lines, int atMostTexts)
    {
        var trace = SyntheticTraces.Zipf(5000, 500, seed: 1, sized: hasSizes);
        var capacities = MissRatioPlot.CapacitiesBetween([trace.FootprintBytes / 100, trace.FootprintBytes / 10]);
        var results = CacheSimulator.RunAll(trace, PolicyChoice.All, capacities, null, default);

        var svg = XDocument.Parse(MissRatioPlot.Draw(results, hasSizes));

        var polylines = svg.Descendants().Where(element => element.Name.LocalName == "polyline").ToList();
        Assert.Equal(lines, polylines.Count);
        Assert.All(polylines, line => Assert.Equal(capacities.Length, ((string)line.Attribute("points")!).Split(' ').Length));
        Assert.InRange(svg.Descendants().Count(element => element.Name.LocalName == "text"), 12, atMostTexts);
        var width = (double)svg.Root!.Attribute("width")!;
        Assert.All(polylines.SelectMany(line => ((string)line.Attribute("points")!).Split(' ')), point => Assert.InRange(double.Parse(point.Split(',')[0]), 0, width));
    }

    [Fact]
    public void CapacitiesBetween_SeveralAsked_HasAllOfThemInOrder()
    {
        var capacities = MissRatioPlot.CapacitiesBetween([100_000, 1000, 7777]);

        Assert.Subset(capacities.ToHashSet(), new HashSet<long> { 1000, 7777, 100_000 });
        Assert.Equal(capacities.Order(), capacities);
        Assert.Equal((1000, 100_000), (capacities[0], capacities[^1]));
        Assert.InRange(capacities.Length, 15, 20);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(50_000)]
    public void CapacitiesBetween_OneAsked_LeadsUpToIt(long only) => Assert.Equal(only, MissRatioPlot.CapacitiesBetween([only])[^1]);
}
