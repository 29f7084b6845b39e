using System.Globalization;
using EdgeMesh.Lab.CacheSimulation;
using EdgeMesh.Lab.CacheSimulation.Traces;

namespace EdgeMesh.Lab.Tests.CacheSimulation;

/// <summary>Gates the hit ratios of the store's own policies, and holds the reference policies to figures of other simulators.</summary>
public sealed class HitRatioTests
{
    private static readonly Trace Web12 = TraceFile.Read(Path.Combine(AppContext.BaseDirectory, "CacheSimulation", "Data", "web12.trace.gz"), TraceFormat.BigEndianInt32, null, default);

    private static readonly string[] Online = ["fifo", "lru", "sieve", "s3-fifo", "w-tinylfu", "gdsf"];

    // The figures are of a simulator that agrees with libCacheSim; the last column is how far ours may be: no choice is left in the first three and in Belady.
    [Theory]
    [InlineData("fifo", 37.6, 64.5, 0.05)]
    [InlineData("lru", 39.7, 68.5, 0.05)]
    [InlineData("sieve", 40.3, 71.7, 0.05)]
    [InlineData("belady", 58.5, 80.0, 0.05)]
    [InlineData("s3-fifo", 41.0, 72.3, 0.3)]
    [InlineData("gdsf", 42.3, 71.5, 1.5)]
    [InlineData("w-tinylfu", 40.8, 69.9, 2)]
    public void ReferencePolicy_OnWeb12_IsAsOthersCountIt(string policy, double onePercent, double tenPercent, double tolerance)
    {
        Assert.Equal(onePercent, Percent(Web12, policy, 0.01).Objects, tolerance + 0.05);
        Assert.Equal(tenPercent, Percent(Web12, policy, 0.1).Objects, tolerance + 0.05);
    }

    [Theory]
    [InlineData(0.01, 42)]
    [InlineData(0.1, 72)]
    public void Density_OnWeb12_IsAtLeast(double share, double floor)
    {
        var density = Percent(Web12, "density:1", share).Objects;

        Assert.InRange(density, floor, 100);
        Assert.InRange(density, Percent(Web12, "s3-fifo", share).Objects, 100);
    }

    [Theory]
    [InlineData("zipf", 0.01)]
    [InlineData("zipf", 0.1)]
    [InlineData("zipf and loop", 0.01)]
    [InlineData("zipf and loop", 0.1)]
    [InlineData("zipf and loop", 0.5)]
    [InlineData("recency", 0.001)]
    [InlineData("recency", 0.01)]
    [InlineData("shifting", 0.01)]
    [InlineData("shifting", 0.1)]
    public void Density_UnitSizes_IsNeverOnePointBelowS3Fifo(string kind, double share)
    {
        var trace = Unit(kind);

        Assert.InRange(Percent(trace, "density:1", share).Objects, Percent(trace, "s3-fifo", share).Objects - 1, 100);
    }

    [Fact]
    public void Density_PureRecency_IsWithinAPointOfLru()
    {
        var trace = Unit("recency");

        // Without the small queue's floor and its growth, this is a few per cent.
        Assert.InRange(Percent(trace, "density:1", 0.001).Objects, Percent(trace, "lru", 0.001).Objects - 1, 100);
    }

    [Theory]
    [InlineData(0.001)]
    [InlineData(0.01)]
    [InlineData(0.1)]
    public void Density_ZipfOfMixedSizes_IsWithinTwoAndAHalfPointsOfTheBest(double share)
    {
        var trace = SyntheticTraces.Zipf(200_000, 20_000, seed: 6, sized: true);
        var best = Online.Select(policy => Percent(trace, policy, share)).ToList();

        Assert.InRange(Percent(trace, "density:1", share).Objects, best.Max(one => one.Objects) - 2.5, 100);
        Assert.InRange(Percent(trace, "density:0", share).Bytes, best.Max(one => one.Bytes) - 2.5, 100);
    }

    [Fact]
    public void Density_SameTraceTwice_HasTheSameRatios()
    {
        var trace = SyntheticTraces.Shifting(50_000, 2000, seed: 3, sized: true);

        Assert.Equal(Percent(trace, "density:0.5", 0.05), Percent(trace, "density:0.5", 0.05));
    }

    private static Trace Unit(string kind) => kind switch
    {
        "zipf" => SyntheticTraces.Zipf(200_000, 20_000, seed: 1),
        "zipf and loop" => SyntheticTraces.ZipfAndLoop(200_000, 5000, seed: 2),
        "recency" => SyntheticTraces.Recency(200_000, 80, seed: 3),
        _ => SyntheticTraces.Shifting(200_000, 5000, seed: 4, sized: false),
    };

    private static (double Objects, double Bytes) Percent(Trace trace, string name, double share)
    {
        Assert.True(PolicyChoice.TryRead(name, out var policy), string.Create(CultureInfo.InvariantCulture, $"{name}"));
        var result = CacheSimulator.Run(trace, policy, (long)(trace.FootprintBytes * share), default);
        return (100 * result.ObjectHit, 100 * result.ByteHit);
    }
}
