using EdgeMesh.Caching.Eviction;

namespace EdgeMesh.Caching.Tests.Eviction;

public sealed class S3FifoPolicyTests
{
    [Fact]
    public void Newcomer_AskedForOnce_LeavesFirstAndReturnsToTheMainQueue()
    {
        var driver = new PolicyDriver(new S3FifoPolicy(100));
        Fill(driver, 0, 100);

        // 0 to 9 are in the small queue, the others found it full and went to main. 0 leaves, and is a ghost.
        driver.Request(1000);
        Assert.False(driver.Contains(0));
        driver.Request(0);
        Fill(driver, 2000, 50);

        Assert.True(driver.Contains(0));
        Assert.False(driver.Contains(1000));
    }

    [Fact]
    public void Newcomer_AskedForThreeTimesInAll_OutlivesTheSmallQueue()
    {
        var driver = new PolicyDriver(new S3FifoPolicy(100));
        Fill(driver, 0, 100);
        driver.Request(1000);
        driver.Request(1000);
        driver.Request(1000);
        driver.Request(1001);
        driver.Request(1001);
        Fill(driver, 2000, 50);

        Assert.True(driver.Contains(1000));
        Assert.False(driver.Contains(1001));
    }

    [Fact]
    public void MainQueue_AtItsHead_EvictsTheOneWithoutHits()
    {
        var driver = new PolicyDriver(new S3FifoPolicy(100));
        Fill(driver, 0, 100);
        driver.Request(10);

        // Ghosts return to main, past its 90: its oldest without a hit since leave.
        Fill(driver, 1000, 5);
        Fill(driver, 0, 5);
        Fill(driver, 1000, 5);

        Assert.True(driver.Contains(10));
        Assert.False(driver.Contains(11));
    }

    [Fact]
    public void Ghost_LongerAgoThanMainHasBytes_IsForgotten()
    {
        var driver = new PolicyDriver(new S3FifoPolicy(100));
        Fill(driver, 0, 100);
        Fill(driver, 1000, 200);
        Assert.False(driver.Contains(5));

        driver.Request(5);
        Fill(driver, 2000, 50);

        Assert.False(driver.Contains(5));
    }

    [Fact]
    public void Eviction_WhenAllEntriesAreHot_LooksAtFewOfThem()
    {
        const int Entries = 100_000;
        var policy = new S3FifoPolicy(Entries);
        for (var slot = 0; slot < Entries; slot++)
        {
            policy.TryAdmit(slot, (ulong)slot * 0x9E3779B97F4A7C15, 1, []);
            policy.Hit(slot);
            policy.Hit(slot);
            policy.Hit(slot);
        }

        // The main queue begins with the first that found the small one full. Rounds through all of them would end at that one.
        var evicted = new List<int>();
        policy.TryAdmit(Entries, 1, 1, evicted);
        Assert.Single(evicted);
        Assert.InRange(evicted[0], (Entries / 10) + 10, (Entries / 10) + 200);
    }

    private static void Fill(PolicyDriver driver, int first, int count)
    {
        for (var key = first; key < first + count; key++)
        {
            driver.Request((ulong)key);
        }
    }
}
