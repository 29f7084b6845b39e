using EdgeMesh.Caching.Eviction;

namespace EdgeMesh.Caching.Tests.Eviction;

public sealed class GhostTableTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(5_000_000)]
    public void Ghosts_OfTheLimit_AreRememberedAndOlderOnesNot(int bytes)
    {
        const int Limit = 500;
        using var ghosts = new GhostTable { LimitBytes = Limit * (long)bytes };
        for (var key = 0u; key < 3000; key++)
        {
            ghosts.Add(Hash(key), bytes, maxGhosts: 10_000);
        }

        Assert.All(Enumerable.Range(3000 - Limit + 1, Limit - 1), key => Assert.True(ghosts.TryTake(Hash((uint)key), out _), $"{key}"));
        Assert.All(Enumerable.Range(0, 3000 - Limit - 1), key => Assert.False(ghosts.TryTake(Hash((uint)key), out _), $"{key}"));
    }

    [Fact]
    public void TryTake_Twice_FindsItOnce()
    {
        using var ghosts = new GhostTable { LimitBytes = 100 };
        ghosts.Add(17, 10, maxGhosts: 8);
        ghosts.Add(18, 10, maxGhosts: 8);

        Assert.True(ghosts.TryTake(17, out var ageBytes));
        Assert.Equal(10, ageBytes);
        Assert.False(ghosts.TryTake(17, out _));
        Assert.True(ghosts.TryTake(18, out _));
    }

    [Fact]
    public void Add_MoreThanTheTableMayHold_ForgetsTheOldest()
    {
        using var ghosts = new GhostTable { LimitBytes = 1_000_000 };
        for (var key = 0u; key < 10_000; key++)
        {
            ghosts.Add(Hash(key), 1, maxGhosts: 1000);
        }

        Assert.InRange(ghosts.OverheadBytes, 1, 32 * 1024);
        Assert.True(Enumerable.Range(9500, 500).Count(key => ghosts.TryTake(Hash((uint)key), out _)) > 450);
    }

    private static uint Hash(uint key) => (uint)(((ulong)key + 1) * 0x9E3779B97F4A7C15 >> 29);
}
