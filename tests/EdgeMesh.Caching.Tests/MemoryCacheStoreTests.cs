using System.Text;
using EdgeMesh.Testing;

namespace EdgeMesh.Caching.Tests;

public sealed class MemoryCacheStoreTests
{
    private static readonly long Second = new ManualTimeProvider().TimestampFrequency;

    [Fact]
    public void Get_StoredUnderAnEqualKey_IsFound()
    {
        using var store = new MemoryCacheStore(1 << 20, new ManualTimeProvider());
        var entry = Entry(10, 60);

        Assert.True(store.TrySet(Key("a"), entry));

        Assert.Same(entry, store.Get(Key("a")));
        Assert.Null(store.Get(Key("b")));
        Assert.Equal(1, store.Count);
    }

    [Fact]
    public void Get_AtTheEndOfItsLifetime_IsNotFound()
    {
        var time = new ManualTimeProvider();
        using var store = new MemoryCacheStore(1 << 20, time);
        store.TrySet(Key("a"), Entry(10, 60));

        time.Advance(TimeSpan.FromSeconds(59));
        Assert.NotNull(store.Get(Key("a")));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(store.Get(Key("a")));
    }

    [Fact]
    public void TrySet_AlreadyExpired_IsRefused()
    {
        var time = new ManualTimeProvider();
        using var store = new MemoryCacheStore(1 << 20, time);
        time.Advance(TimeSpan.FromSeconds(60));

        Assert.False(store.TrySet(Key("a"), Entry(10, 60)));
        Assert.Equal(0, store.Count);
    }

    [Fact]
    public void TrySet_LargerThanTheBudget_IsRefusedWithoutHarm()
    {
        using var store = new MemoryCacheStore(100_000, new ManualTimeProvider());
        store.TrySet(Key("small"), Entry(10, 60));

        Assert.False(store.TrySet(Key("large"), Entry(100_001, 60)));

        Assert.NotNull(store.Get(Key("small")));
    }

    [Fact]
    public void TrySet_MoreThanTheBudgetInAll_NeverChargesMoreThanIt()
    {
        const long Budget = 200_000;
        using var store = new MemoryCacheStore(Budget, new ManualTimeProvider());
        for (var i = 0; i < 1000; i++)
        {
            store.TrySet(Key($"{i}"), Entry(1000, 60));
            Assert.InRange(store.ChargedBytes, 0, Budget);
        }

        Assert.InRange(store.Count, 1, 199);
    }

    [Fact]
    public void Remove_Stored_IsGoneAndItsChargeToo()
    {
        using var store = new MemoryCacheStore(1 << 20, new ManualTimeProvider());
        store.TrySet(Key("a"), Entry(10, 60));

        store.Remove(Key("a"));

        Assert.Null(store.Get(Key("a")));
        Assert.Equal(0, store.ChargedBytes);
    }

    [Fact]
    public void CostBytes_CountsMessageMetadataAndTrailers()
    {
        var bare = Entry(0, 60).CostBytes;

        Assert.Equal(bare + 1000, Entry(1000, 60).CostBytes);
        var more = new CachedResponse([new("name", "value"), new("name", "value")], [], [new("grpc-status", "0")], MessageCoding.Identity, true, TimeSpan.Zero, 0, 1);
        Assert.True(more.CostBytes > bare + 2 * (3 + 9));
        Assert.True(new VaryMarker(["x-lang"], 1).CostBytes > 0);
    }

    [Fact]
    public void CacheKey_EqualBytes_AreEqualWithEqualHashes()
    {
        Assert.Equal(Key("a"), Key("a"));
        Assert.Equal(Key("a").GetHashCode(), Key("a").GetHashCode());
        Assert.NotEqual(Key("a"), Key("b"));
        Assert.DoesNotContain("secret", Key("secret").ToString(), StringComparison.Ordinal);
    }

    private static CacheKey Key(string text) => new(Encoding.UTF8.GetBytes(text));

    private static CachedResponse Entry(int bytes, int seconds) =>
        new([], new byte[bytes], [], MessageCoding.Identity, isPublic: false, TimeSpan.Zero, storedAt: 0, freshUntil: seconds * Second);
}
