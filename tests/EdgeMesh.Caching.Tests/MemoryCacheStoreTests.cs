using EdgeMesh.Testing;
using static EdgeMesh.Caching.Tests.StoreTesting;

namespace EdgeMesh.Caching.Tests;

public sealed class MemoryCacheStoreTests
{
    [Fact]
    public void Get_StoredUnderAnEqualKey_IsFound()
    {
        using var store = new MemoryCacheStore(1 << 20, new ManualTimeProvider());

        Assert.Equal(StoreOutcome.Stored, store.Set(Key("a"), Entry(10, 60, seed: 7)));

        Assert.Equal(7, ReadSeed(store.Get(Key("a"), 0)));
        Assert.False(store.Get(Key("b"), 0).IsHit);
        Assert.Equal(1, store.Count);
    }

    [Fact]
    public void Get_AtTheEndOfItsLifetime_IsNotFound()
    {
        var time = new ManualTimeProvider();
        using var store = new MemoryCacheStore(1 << 20, time);
        store.Set(Key("a"), Entry(10, 60));

        time.Advance(TimeSpan.FromSeconds(59));
        Assert.True(store.Get(Key("a"), time.GetTimestamp()).IsHit);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(store.Get(Key("a"), time.GetTimestamp()).IsHit);
    }

    [Fact]
    public void Set_AlreadyExpired_IsRefused()
    {
        var time = new ManualTimeProvider();
        using var store = new MemoryCacheStore(1 << 20, time);
        time.Advance(TimeSpan.FromSeconds(60));

        Assert.Equal(StoreOutcome.Expired, store.Set(Key("a"), Entry(10, 60)));
        Assert.Equal(0, store.Count);
    }

    [Fact]
    public void Set_LargerThanTheBudget_IsRefusedWithoutHarm()
    {
        using var store = new MemoryCacheStore(100_000, new ManualTimeProvider());
        store.Set(Key("small"), Entry(10, 60));

        Assert.Equal(StoreOutcome.NoRoom, store.Set(Key("large"), Entry(100_001, 60)));

        Assert.True(store.Get(Key("small"), 0).IsHit);
    }

    [Fact]
    public void Set_MoreThanTheBudgetInAll_NeverChargesMoreThanIt()
    {
        const long Budget = 200_000;
        using var store = new MemoryCacheStore(Budget, new ManualTimeProvider());
        for (var i = 0; i < 1000; i++)
        {
            store.Set(Key($"{i}"), Entry(1000, 60));
            Assert.InRange(store.ChargedBytes, 0, Budget);
        }

        Assert.InRange(store.Count, 1, 199);
    }

    [Fact]
    public void Remove_Stored_IsGoneAndItsChargeToo()
    {
        using var store = new MemoryCacheStore(1 << 20, new ManualTimeProvider());
        store.Set(Key("a"), Entry(10, 60));

        store.Remove(Key("a"));

        Assert.False(store.Get(Key("a"), 0).IsHit);
        Assert.Equal(0, store.ChargedBytes);
    }

    [Fact]
    public void CacheKey_EqualBytes_AreEqualWithEqualHashes()
    {
        Assert.Equal(Key("a"), Key("a"));
        Assert.Equal(Key("a").GetHashCode(), Key("a").GetHashCode());
        Assert.NotEqual(Key("a"), Key("b"));
        Assert.DoesNotContain("secret", Key("secret").ToString(), StringComparison.Ordinal);
    }
}
