using System.Text;
using EdgeMesh.Caching.Purges;
using EdgeMesh.Testing;

namespace EdgeMesh.Caching.Tests;

public sealed class SlabStorePurgeTests : IDisposable
{
    private const string Get = "/shop.v1.Catalog/Get";
    private const string List = "/shop.v1.Catalog/List";

    private readonly ManualTimeProvider _time = new();
    private readonly SlabStore _store;

    public SlabStorePurgeTests() => _store = new SlabStore(new SlabStoreOptions { CapacityBytes = 8 << 20, PoisonsFreedMemory = true }, _time);

    public void Dispose()
    {
        _store.CheckInvariants();
        _store.Dispose();
    }

    [Fact]
    public void PurgeMethod_TakesAllItsAnswersAndNoOthers()
    {
        Store("get-1", Get, "1");
        Store("get-2", Get, "2");
        Store("list", List, "1");

        Purge(batch => batch.AddMethod(Get, isSoft: false, 1));

        Assert.Equal((false, false, true), (Has("get-1"), Has("get-2"), Has("list")));
        Assert.Equal(1, _store.Sequence);
    }

    [Fact]
    public void PurgeRequest_TakesItsAnswersUnderAllKeys()
    {
        Store("get-1 of a host", Get, "1");
        Store("get-1 of another", Get, "1");
        Store("get-2", Get, "2");
        Store("list-1", List, "1");

        Purge(batch => batch.AddRequest(Get, "1"u8, isSoft: false, 1));

        Assert.Equal((false, false, true, true), (Has("get-1 of a host"), Has("get-1 of another"), Has("get-2"), Has("list-1")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Set_AnswerAskedForBeforeAPurgeThatNamesIt_IsNotStored(bool isSoft)
    {
        Purge(batch =>
        {
            batch.AddMethod(List, isSoft, 5);
            batch.AddRequest(Get, "1"u8, isSoft, 6);
            batch.AddTag("shoes", isSoft, 7);
        });

        Assert.Equal(StoreOutcome.Purged, Store("a", List, "9", asOf: 4));
        Assert.Equal(StoreOutcome.Stored, Store("a", List, "9", asOf: 5));
        Assert.Equal(StoreOutcome.Purged, Store("b", Get, "1", asOf: 5));
        Assert.Equal(StoreOutcome.Stored, Store("b", Get, "1", asOf: 6));
        Assert.Equal(StoreOutcome.Stored, Store("b", Get, "2", asOf: 5));
        Assert.Equal(StoreOutcome.Purged, Store("c", Get, "3", asOf: 6, tag: "shoes"));
        Assert.Equal(StoreOutcome.Stored, Store("c", Get, "3", asOf: 7, tag: "shoes"));

        Purge(batch => batch.AddAll(isSoft, 9));
        Assert.Equal(StoreOutcome.Purged, Store("d", Get, "4", asOf: 8));
        Assert.Equal(StoreOutcome.Stored, Store("d", Get, "4", asOf: 9));
    }

    [Fact]
    public void PurgeSoft_BeginsTheStaleWindowsNow()
    {
        Store("tagged", Get, "1", tag: "shoes", staleSeconds: 30);
        Store("request", Get, "2", staleSeconds: 30);
        Store("method", List, "1", staleSeconds: 30);
        Store("other", Get, "3", staleSeconds: 30);
        _time.Advance(TimeSpan.FromSeconds(10));

        Purge(batch =>
        {
            batch.AddTag("shoes", isSoft: true, 1);
            batch.AddRequest(Get, "2"u8, isSoft: true, 1);
            batch.AddMethod(List, isSoft: true, 1);
        });

        foreach (var key in (string[])["tagged", "request", "method"])
        {
            Assert.Equal(_time.GetTimestamp(), FreshUntil(key));
        }

        Assert.True(FreshUntil("other") > _time.GetTimestamp());
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.True(Has("tagged") && Has("request") && Has("method"));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(Has("tagged") || Has("request") || Has("method"));
        Assert.True(Has("other"));
    }

    [Fact]
    public void PurgeSoft_OfAnswersThatMayNotBeUsedStale_TakesThemOut()
    {
        Store("a", Get, "1", tag: "shoes");
        Store("b", Get, "2", staleSeconds: 30);

        Purge(batch => batch.AddAll(isSoft: true, 1));

        Assert.Equal((false, true), (Has("a"), Has("b")));
    }

    [Fact]
    public void PurgeSoft_Everything_LeavesTheWayToStaleVariants()
    {
        _store.Set(Key("marker"), CacheEntry.VaryMarker(["x-lang"], _time.GetTimestamp() + Seconds(90)));

        Purge(batch => batch.AddAll(isSoft: true, 1));

        Assert.True(Has("marker"));
    }

    [Fact]
    public void PurgeSoftThenHard_Goes()
    {
        Store("a", Get, "1", tag: "shoes", staleSeconds: 30);

        Purge(batch =>
        {
            batch.AddTag("shoes", isSoft: true, 1);
            batch.AddTag("shoes", isSoft: false, 2);
        });

        Assert.False(Has("a"));
    }

    [Fact]
    public void Purge_AnswersAskedForAfterIt_Stay()
    {
        Store("soft", Get, "1", asOf: 5, staleSeconds: 30);
        Store("hard", List, "1", asOf: 5);

        Purge(batch =>
        {
            batch.AddMethod(Get, isSoft: true, 5);
            batch.AddMethod(List, isSoft: false, 5);
        });

        Assert.True(Has("hard"));
        Assert.True(FreshUntil("soft") > _time.GetTimestamp());
    }

    [Fact]
    public async Task Purge_ManyEntriesInManyTurns_FindsEachWhileOthersComeAndGo()
    {
        using var stop = new CancellationTokenSource();
        for (var i = 0; i < 3000; i++)
        {
            Store($"old-{i}", i % 2 == 0 ? Get : List, $"{i}", staleSeconds: 30, tag: $"tag-{i % 7}");
        }

        var others = Task.Run(() =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                Store($"new-{i % 500}", Get, $"new-{i}", asOf: 1, tag: $"tag-{i % 7}");
                _store.Remove(Key($"new-{(i * 7) % 500}"));
            }
        });

        Purge(batch =>
        {
            batch.AddMethod(Get, isSoft: false, 1);
            batch.AddTag("tag-3", isSoft: true, 1);
        });
        await stop.CancelAsync();
        await others;

        for (var i = 0; i < 3000; i++)
        {
            Assert.False(i % 2 == 0 && Has($"old-{i}"), $"old-{i} is there");
            Assert.False(i % 2 == 1 && i % 7 == 3 && Has($"old-{i}") && FreshUntil($"old-{i}") > _time.GetTimestamp(), $"old-{i} is fresh");
        }
    }

    private void Purge(Action<PurgeBatch> fill)
    {
        var batch = new PurgeBatch();
        fill(batch);
        _store.Purge(batch);
    }

    private StoreOutcome Store(string key, string path, string message, long asOf = 0, string? tag = null, int staleSeconds = 0)
    {
        var now = _time.GetTimestamp();
        return _store.Set(Key(key), CacheEntry.Response(
            [],
            [0, 0, 0, 0, 0],
            [],
            MessageCoding.Identity,
            isPublic: false,
            TimeSpan.Zero,
            now,
            now + Seconds(60),
            now + Seconds(60 + staleSeconds),
            asOf,
            tag is null ? null : [tag],
            TimeSpan.FromSeconds(staleSeconds),
            EntryMarks.Of(path, Encoding.UTF8.GetBytes(message))));
    }

    private bool Has(string key)
    {
        using var hit = _store.Get(Key(key), _time.GetTimestamp());
        return hit.IsHit;
    }

    private long FreshUntil(string key)
    {
        using var hit = _store.Get(Key(key), _time.GetTimestamp());
        return hit.Head.FreshUntil;
    }

    private static CacheKey Key(string key) => new(Encoding.UTF8.GetBytes(key));

    private long Seconds(int seconds) => seconds * _time.TimestampFrequency;
}
