using EdgeMesh.Lab.CacheSimulation;
using EdgeMesh.Lab.CacheSimulation.Traces;

namespace EdgeMesh.Lab.Tests.CacheSimulation;

/// <summary>The textbook policies, on sequences whose outcome can be worked out by hand.</summary>
public sealed class ReferencePolicyTests
{
    [Theory]
    [InlineData("fifo", "abcadab", 1)] // d pushes a out, though it was just asked for
    [InlineData("lru", "abcadab", 2)] // d pushes b out
    [InlineData("lru", "abcdabcd", 0)] // a loop larger than the cache
    [InlineData("sieve", "abcadab", 2)] // the hand passes a and takes b
    [InlineData("belady", "abcdabcd", 3)]
    [InlineData("gdsf", "aaabcdea", 3)] // a has been asked for three times
    public void Hits_OfThreeObjects_AreThoseOfTheTextbook(string policy, string requests, int hits)
    {
        var builder = new TraceBuilder();
        foreach (var letter in requests)
        {
            builder.Add(letter, 1);
        }

        Assert.True(PolicyChoice.TryRead(policy, out var choice));
        var result = CacheSimulator.Run(builder.Build(), choice, capacityBytes: 3, default);

        Assert.Equal(hits / (double)requests.Length, result.ObjectHit, 9);
        Assert.Equal(result.ObjectHit, result.ByteHit, 9);
    }

    [Fact]
    public void WTinyLfu_ScanBetweenHotObjects_KeepsThem()
    {
        var builder = new TraceBuilder();
        for (var i = 0; i < 20_000; i++)
        {
            builder.Add((ulong)(i % 50), 1);
            builder.Add((ulong)(1000 + i), 1);
        }

        PolicyChoice.TryRead("w-tinylfu", out var choice);

        Assert.InRange(CacheSimulator.Run(builder.Build(), choice!, 70, default).ObjectHit, 0.47, 0.5);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void AnyPolicy_EverythingFits_MissesEachObjectOnce(string name)
    {
        var trace = SyntheticTraces.Zipf(20_000, 500, seed: 1, sized: true);
        PolicyChoice.TryRead(name, out var choice);

        // Twice the footprint: policies that set parts aside have room too.
        var result = CacheSimulator.Run(trace, choice!, 2 * trace.FootprintBytes, default);

        Assert.Equal(1 - (trace.Sizes.Length / 20_000.0), result.ObjectHit, 2);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void AnyPolicy_NoRoom_HitsNothing(string name)
    {
        PolicyChoice.TryRead(name, out var choice);

        Assert.Equal(0, CacheSimulator.Run(SyntheticTraces.Zipf(2000, 100, seed: 1, sized: true), choice!, 0, default).ObjectHit);
    }

    [Theory]
    [InlineData("density", "density:1")]
    [InlineData("density:1.0", "density:1")]
    [InlineData("density:0.25", "density:0.25")]
    [InlineData("lru", "lru")]
    public void Names_ThatAreKnown_AreRead(string text, string name)
    {
        Assert.True(PolicyChoice.TryRead(text, out var policy));
        Assert.Equal(name, policy.Name);
    }

    [Theory]
    [InlineData("LRU")]
    [InlineData("density:2")]
    [InlineData("density:-1")]
    [InlineData("density:")]
    [InlineData("")]
    public void Names_ThatAreNot_AreRefused(string text) => Assert.False(PolicyChoice.TryRead(text, out _));

    public static TheoryData<string> Names => [.. PolicyChoice.All.Select(policy => policy.Name)];
}
