using EdgeMesh.Caching.Eviction;

namespace EdgeMesh.Caching.Tests.Eviction;

public sealed class S3FifoPolicyTests
{
    [Fact]
    public void Newcomer_AskedForOnce_LeavesFirstAndReturnsToTheMainQueue()
    {
        using var driver = new PolicyDriver(new S3FifoPolicy(100));
        Fill(driver, 0, 100);

        // 0 leaves the small queue, and is a ghost. All of the others leave before it does again.
        driver.Request(1000);
        Assert.False(driver.Contains(0));
        driver.Request(0);
        Fill(driver, 2000, 200);

        Assert.True(driver.Contains(0));
        Assert.False(driver.Contains(1000));
    }

    [Fact]
    public void Newcomer_AskedForThreeTimesInAll_OutlivesTheSmallQueue()
    {
        using var driver = new PolicyDriver(new S3FifoPolicy(100));
        Fill(driver, 0, 100);
        driver.Request(1000);
        driver.Request(1000);
        driver.Request(1000);
        driver.Request(1001);
        driver.Request(1001);
        Fill(driver, 2000, 200);

        Assert.True(driver.Contains(1000));
        Assert.False(driver.Contains(1001));
    }

    [Fact]
    public void MainQueue_AtItsHead_EvictsTheOneWithoutHits()
    {
        using var driver = new PolicyDriver(new S3FifoPolicy(100));
        for (var round = 0; round < 3; round++)
        {
            Fill(driver, 0, 95);
        }

        // 0 to 90 move to main, which has room for 90. 0 leaves; then 91 moves, 1 was hit since and goes round, and 2 leaves.
        Fill(driver, 1000, 6);
        driver.Request(1);
        Fill(driver, 2000, 1);

        Assert.False(driver.Contains(0));
        Assert.True(driver.Contains(1));
        Assert.False(driver.Contains(2));
    }

    [Fact]
    public void Ghost_LongerAgoThanMainHasBytes_IsForgotten()
    {
        using var driver = new PolicyDriver(new S3FifoPolicy(100));
        Fill(driver, 0, 100);
        Fill(driver, 1000, 200);
        Assert.False(driver.Contains(5));

        driver.Request(5);
        Fill(driver, 2000, 150);

        Assert.False(driver.Contains(5));
    }

    [Fact]
    public void Eviction_WhenAllEntriesAreHot_LooksAtFewOfThem()
    {
        const int Entries = 100_000;
        using var policy = new S3FifoPolicy(Entries);
        for (var slot = 0; slot < Entries; slot++)
        {
            policy.TryAdmit(slot, (ulong)slot * 0x9E3779B97F4A7C15, 1, []);
            policy.Hit(slot);
            policy.Hit(slot);
            policy.Hit(slot);
        }

        // All are in the small queue. A round through all of them would move them to main and end at its first.
        var evicted = new List<int>();
        policy.TryAdmit(Entries, 1, 1, evicted);
        Assert.Single(evicted);
        Assert.InRange(evicted[0], 10, 1000);
    }

    private static void Fill(PolicyDriver driver, int first, int count)
    {
        for (var key = first; key < first + count; key++)
        {
            driver.Request((ulong)key);
        }
    }
}
