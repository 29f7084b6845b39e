using System.Globalization;
using EdgeMesh.Caching.Eviction;

namespace EdgeMesh.Caching.Tests.Eviction;

/// <summary>What holds for every policy.</summary>
public sealed class EvictionPolicyTests
{
    public static TheoryData<string> Names => ["s3-fifo", "density:1", "density:0.5", "density:0"];

    [Theory]
    [MemberData(nameof(Names))]
    public void AnySequence_OfCalls_KeepsBudgetAndAgreesWithTheStore(string name)
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            using var driver = new PolicyDriver(Create(name, capacityBytes: 1 + random.Next(2000), seed));
            var keys = 1 + random.Next(400);
            var maxBytes = 1 + random.Next(300);
            for (var step = 0; step < 1500; step++)
            {
                var key = (ulong)random.Next(1 + random.Next(keys));
                switch (random.Next(100))
                {
                    case 0:
                        driver.Resize(random.Next(2000));
                        break;
                    case < 6:
                        driver.Remove(key);
                        break;
                    default:
                        driver.Request(key, 1 + (long)(key * 7919 % (ulong)maxBytes));
                        break;
                }
            }

            driver.Resize(0);
            Assert.Equal(0, driver.Count);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void TryAdmit_LargerThanCapacity_IsRejectedAndEvictsNothing(string name)
    {
        using var driver = new PolicyDriver(Create(name, capacityBytes: 100, seed: 1));
        driver.Request(1, 5);
        driver.Request(2, 101);

        Assert.True(driver.Contains(1));
        Assert.False(driver.Contains(2));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void TryAdmit_BeyondFourGigabytes_IsChargedToTheByte(string name)
    {
        const long Large = (9L << 32) + 5;
        using var policy = Create(name, capacityBytes: 1000L << 32, seed: 1);
        Assert.True(policy.TryAdmit(0, 17, Large, []));
        Assert.Equal(Large, policy.UsedBytes);
        policy.Remove(0);
        Assert.Equal(0, policy.UsedBytes);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Calls_WithWrongArguments_SaySo(string name)
    {
        using var policy = Create(name, capacityBytes: 1000, seed: 1);
        Assert.True(policy.TryAdmit(3, 17, 5, []));

        Assert.Throws<ArgumentException>(() => policy.TryAdmit(3, 18, 5, []));
        Assert.Throws<ArgumentOutOfRangeException>(() => policy.TryAdmit(4, 18, 0, []));
        Assert.Throws<ArgumentOutOfRangeException>(() => policy.TryAdmit(4, 18, 1L << 40, []));
        Assert.Throws<ArgumentOutOfRangeException>(() => policy.CapacityBytes = -1);
        policy.Remove(77);
        policy.Remove(100_000);
        policy.Hit(100_000);
        Assert.Equal(1, policy.Count);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Scan_OfKeysNeverSeenAgain_LeavesTheHotOnes(string name)
    {
        using var driver = new PolicyDriver(Create(name, capacityBytes: 100, seed: 1));
        for (var i = 0; i < 20_000; i++)
        {
            driver.Request((ulong)(i % 20));
            driver.Request((ulong)(1000 + i));
        }

        Assert.True(Enumerable.Range(0, 20).Count(key => driver.Contains((ulong)key)) >= 19);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Slots_AnyNumber_CostLittleAndNoneOfTheCollectorsHeap(string name)
    {
        const int Entries = 200_000;
        using var policy = Create(name, capacityBytes: 100 * Entries, seed: 1);
        var evicted = new List<int>();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var slot = 0; slot < Entries; slot++)
        {
            policy.TryAdmit(slot, (ulong)slot * 0x9E3779B97F4A7C15, 100, evicted);
        }

        Assert.Empty(evicted);
        Assert.InRange(policy.OverheadBytes / (double)Entries, 21, 30);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 32 * 1024);
    }

    private static EvictionPolicy Create(string name, long capacityBytes, int seed) => name switch
    {
        "s3-fifo" => new S3FifoPolicy(capacityBytes),
        _ => new DensityQueuesPolicy(capacityBytes, double.Parse(name.AsSpan("density:".Length), CultureInfo.InvariantCulture), new Random(seed)),
    };
}
