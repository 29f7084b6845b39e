using EdgeMesh.Caching.Eviction;
using EdgeMesh.Testing;

namespace EdgeMesh.Caching.Tests.Eviction;

public sealed class DensityQueuesPolicyTests
{
    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void Exponent_OutOfRange_IsRefused(double exponent) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new DensityQueuesPolicy(100, exponent, new Random(1)));

    [Fact]
    public void Exponent_OneAndNought_WinsObjectsAndBytes()
    {
        var (objects1, bytes1) = HitsOfMixedSizes(exponent: 1);
        var (objects0, bytes0) = HitsOfMixedSizes(exponent: 0);

        Assert.True(objects1 > objects0 * 1.2, $"objects: {objects1} at 1, {objects0} at 0");
        Assert.True(bytes0 > bytes1 * 1.1, $"bytes: {bytes0} at 0, {bytes1} at 1");
    }

    [Fact]
    public void Newcomer_LargeAndAskedForOnce_DisplacesNobodyDenser()
    {
        using var driver = new PolicyDriver(Create(capacityBytes: 1000, exponent: 1));
        for (var i = 0; i < 10_000; i++)
        {
            driver.Request((ulong)(i % 90), 10);
        }

        driver.Request(999, 600);

        Assert.False(driver.Contains(999));
        Assert.True(driver.Count >= 90);
    }

    [Fact]
    public void Newcomer_LargeAndAskedForOften_GetsIn()
    {
        using var driver = new PolicyDriver(Create(capacityBytes: 1000, exponent: 0));
        for (var i = 0; i < 400; i++)
        {
            driver.Request((ulong)i, 10);
        }

        for (var i = 0; i < 4 && !driver.Contains(999); i++)
        {
            driver.Request(999, 600);
        }

        Assert.True(driver.Contains(999));
    }

    [Fact]
    public void Newcomer_WhoseVictimsCountersAreInflated_GetsInByLuck()
    {
        // An attacker made the residents' counters full: no newcomer is denser, however often it is asked for.
        using var never = new PolicyDriver(new DensityQueuesPolicy(1000, 0, ScriptedRandom.Repeating(0.999)));
        using var always = new PolicyDriver(new DensityQueuesPolicy(1000, 0, ScriptedRandom.Repeating(0)));
        foreach (var driver in new[] { never, always })
        {
            for (var i = 0; i < 20_000; i++)
            {
                driver.Request((ulong)(i % 10), 100);
                driver.Remove((ulong)(i % 10));
                driver.Request((ulong)(i % 10), 100);
            }

            for (var i = 0; i < 10; i++)
            {
                driver.Request(999, 100);
            }
        }

        Assert.False(never.Contains(999));
        Assert.True(always.Contains(999));
    }

    [Fact]
    public void PureRecency_BeyondTheSmallQueue_IsLearned()
    {
        // Each key comes twice, 60 requests apart, and never again; a tenth of the capacity is 10.
        using var driver = new PolicyDriver(Create(capacityBytes: 100, exponent: 1));
        var hits = 0;
        for (var i = 0; i < 20_000; i++)
        {
            driver.Request((ulong)i);
            hits += i >= 60 && driver.Request((ulong)(i - 60)) ? 1 : 0;
        }

        Assert.InRange(hits, 17_000, 20_000);
    }

    [Fact]
    public void Eviction_WhenAllEntriesAreHot_LooksAtFewOfThem()
    {
        const int Entries = 50_000;
        using var policy = Create(Entries, exponent: 1);
        var evicted = new List<int>();
        for (var slot = 0; slot < 2 * Entries; slot++)
        {
            policy.TryAdmit(slot, (ulong)slot * 0x9E3779B97F4A7C15, 1, evicted);
            policy.Hit(slot);
            policy.Hit(slot);
            policy.Hit(slot);
        }

        // A round through all would take as long as there are entries: it does not happen within one call.
        evicted.Clear();
        var before = policy.HeadsExamined;
        policy.TryAdmit(2 * Entries, 1, 1, evicted);

        Assert.Single(evicted);
        Assert.InRange(policy.HeadsExamined - before, 1, 400);
    }

    private static (long Objects, long Bytes) HitsOfMixedSizes(double exponent)
    {
        // Low keys are asked for more often than high ones; each fourth is ten times as large.
        using var driver = new PolicyDriver(Create(capacityBytes: 40_000, exponent));
        var random = new Random(1);
        long objects = 0, bytes = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var key = (ulong)(400 * Math.Pow(random.NextDouble(), 2));
            var size = key % 4 == 0 ? 2000 : 200;
            if (driver.Request(key, size))
            {
                objects++;
                bytes += size;
            }
        }

        return (objects, bytes);
    }

    private static DensityQueuesPolicy Create(long capacityBytes, double exponent) => new(capacityBytes, exponent, new Random(1));
}
