using EdgeMesh.Testing;
using static EdgeMesh.Caching.Tests.StoreTesting;

namespace EdgeMesh.Caching.Tests;

[Collection(StoreCollection.Name)]
public sealed class SlabStoreTests
{
    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5_000)]
    [InlineData(16_300)]
    [InlineData(16_400)]
    [InlineData(100_000)]
    [InlineData(131_072)]
    [InlineData(4 * 1024 * 1024)]
    public void Get_StoredUnderAnEqualKey_HasEveryByte(int bytes)
    {
        using var store = Store(64 << 20, _time);

        Assert.Equal(StoreOutcome.Stored, store.Set(Key("a"), Entry(bytes, seed: 7)));

        Assert.Equal(7, ReadSeed(store, "a"));
        Assert.Null(ReadSeed(store, "b"));
        using var hit = store.Get(Key("a"), 0);
        Assert.Equal(Frames(bytes, 7), hit.CopyFrames());
    }

    [Fact]
    public void Get_EveryField_IsWhatWasStored()
    {
        using var store = Store(1 << 20, _time);
        var entry = CacheEntry.Response([new("x-a", "1"), new("x-a", ""), new("x-b", "\u00e9")], [1, 2, 3], [new("grpc-status", "0")], MessageCoding.Gzip, isPublic: true, TimeSpan.FromSeconds(3), storedAt: 5, freshUntil: 7 * Second, staleUntil: 9 * Second, asOf: 4, staleWhileRevalidate: TimeSpan.FromSeconds(1));
        store.Set(Key("a"), entry);

        using var hit = store.Get(Key("a"), 8 * Second);

        Assert.True(hit.IsHit);
        var head = hit.Head;
        Assert.Equal((EntryKind.Response, MessageCoding.Gzip, true), (head.Kind, head.Coding, head.IsPublic));
        Assert.Equal((7 * Second, 9 * Second, 5L, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(1), 4L), (head.FreshUntil, head.StaleUntil, head.StoredAt, head.InitialAge, head.StaleWhileRevalidate, head.AsOf));
        Assert.Equal([("x-a", "1"), ("x-a", ""), ("x-b", "\u00e9")], Read(head.InitialMetadata));
        Assert.Equal([("grpc-status", "0")], Read(head.Trailers));
        Assert.Equal([1, 2, 3], hit.FirstFrames.ToArray());
    }

    [Fact]
    public void Get_KeyOfSeventyKilobytes_IsComparedWhole()
    {
        using var store = Store(64 << 20, _time);
        var bytes = new byte[70_000];
        store.Set(new CacheKey([.. bytes]), Entry(50_000, seed: 3));

        Assert.Equal(3, ReadSeed(store, new CacheKey([.. bytes])));
        bytes[^1] = 1;
        Assert.Null(ReadSeed(store, new CacheKey(bytes)));
    }

    [Fact]
    public void Set_KeyAndHeadBeyondAPage_IsOversizeAndCounted()
    {
        using var store = Store(1 << 20, _time);

        Assert.Equal(StoreOutcome.Oversize, store.Set(new CacheKey(new byte[5000]), Entry(10)));
        Assert.Equal(StoreOutcome.Oversize, store.Set(Key("a"), Entry(2 << 20)));

        Assert.Equal(2, store.GetStatistics().CountOf(StoreOutcome.Oversize));
        store.CheckInvariants();
    }

    [Fact]
    public void Get_AroundTheEndsOfItsLife_IsFreshThenStaleThenGone()
    {
        using var store = Store(1 << 20, _time);
        store.Set(Key("a"), Entry(10, seconds: 60, staleSeconds: 30));

        using (var fresh = store.Get(Key("a"), (60 * Second) - 1))
        {
            Assert.True(fresh.IsHit && fresh.Head.FreshUntil > (60 * Second) - 1);
        }

        using (var stale = store.Get(Key("a"), (90 * Second) - 1))
        {
            Assert.True(stale.IsHit);
        }

        Assert.False(store.Get(Key("a"), 90 * Second).IsHit);
        Assert.Equal((2, 1), (store.GetStatistics().Hits, store.GetStatistics().Misses));
    }

    [Fact]
    public void Maintain_AfterItsLife_RemovesTheEntryWithoutALook()
    {
        using var store = Store(1 << 20, _time);
        store.Set(Key("a"), Entry(10, seconds: 60));
        store.Set(Key("b"), Entry(10, seconds: 60, staleSeconds: 30));
        store.Set(Key("c"), Entry(10, seconds: 5000));

        _time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(2, store.Count);
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(1, store.Count);

        Assert.Equal(2, store.GetStatistics().Expirations);
        store.CheckInvariants();
    }

    [Fact]
    public void Set_NoRoomLeft_StaleEntriesGoBeforeFreshOnes()
    {
        using var store = Store(4 << 20, _time);
        for (var i = 0; i < 50; i++)
        {
            store.Set(Key($"stale-{i}"), Entry(10_000, seconds: 10, staleSeconds: 1000));
        }

        _time.Advance(TimeSpan.FromSeconds(20));
        for (var i = 0; store.GetStatistics().Expirations < 40; i++)
        {
            Assert.Equal(StoreOutcome.Stored, store.Set(Key(i), Entry(10_000, seconds: 1000)));
            Assert.Equal(0, store.GetStatistics().Evictions);
        }

        store.CheckInvariants();
    }

    [Fact]
    public void Set_MoreThanTheBudgetInAll_NeverHoldsMoreThanIt()
    {
        foreach (var budget in (long[])[1 << 20, 3_000_000, 16 << 20])
        {
            using var store = Store(budget, _time);
            var random = new Random(5);
            for (var i = 0; i < 4000; i++)
            {
                store.Set(Key(i), Entry(random.Next(random.Next(20_000) + 1)));
                Assert.InRange(store.ChargedBytes, 1, budget);
            }

            store.CheckInvariants();
            Assert.True(store.GetStatistics().Evictions > 100);
            Assert.Equal(0, store.GetStatistics().PeakOvershootBytes);
            Assert.Equal(0, store.GetStatistics().CountOf(StoreOutcome.NoRoom));

            // Most of it is entries.
            Assert.True(store.GetStatistics().SlotBytes > budget * (budget < 2 << 20 ? 0.4 : 0.7), $"{store.GetStatistics().SlotBytes} of {budget}");
        }
    }

    [Fact]
    public void Set_SizesThatChange_MovesPagesFromOneSizeToAnother()
    {
        using var store = Store(8 << 20, _time);
        foreach (var bytes in (int[])[100, 3000, 700, 9000, 300])
        {
            for (var i = 0; i < 12_000_000 / bytes; i++)
            {
                store.Set(Key(i), Entry(bytes, seed: i));
            }

            store.CheckInvariants();
            Assert.Equal(0, store.GetStatistics().CountOf(StoreOutcome.NoRoom));
            Assert.True(store.Count * bytes > 2 << 20, $"{store.Count} entries of {bytes} bytes");
        }
    }

    [Fact]
    public void PurgeTag_EntriesOfTheTag_AreGoneAtOnceAndTheirMemorySoon()
    {
        using var store = Store(16 << 20, _time);
        for (var i = 0; i < 2000; i++)
        {
            store.Set(Key(i), Entry(1000, tags: i % 2 == 0 ? ["even", "all"] : ["odd", "all"]));
        }

        var before = store.GetStatistics().SlotBytes;
        Assert.Equal(1, store.PurgeTag("even"));

        for (var i = 0; i < 2000; i++)
        {
            Assert.Equal(i % 2 == 1, ReadSeed(store, Key(i)) is not null);
        }

        Assert.Equal(2000, store.Count);
        _time.Advance(TimeSpan.Zero);
        Assert.Equal(1000, store.Count);
        Assert.InRange(store.GetStatistics().SlotBytes, 1, (before / 2) + 1000);
        Assert.Equal(1000, store.GetStatistics().Purged);
        store.CheckInvariants();
    }

    [Fact]
    public void Set_AskedBeforeThePurge_IsRefused()
    {
        using var store = Store(1 << 20, _time);
        var asOf = store.Sequence;
        store.PurgeTag("a");

        Assert.Equal(StoreOutcome.Purged, store.Set(Key("x"), Entry(10, asOf: asOf, tags: ["b", "a"])));
        Assert.Equal(StoreOutcome.Stored, store.Set(Key("y"), Entry(10, asOf: asOf, tags: ["b"])));
        Assert.Equal(StoreOutcome.Stored, store.Set(Key("x"), Entry(10, asOf: store.Sequence, tags: ["a"])));

        store.PurgeAll();
        Assert.Equal(StoreOutcome.Purged, store.Set(Key("z"), Entry(10, asOf: 1)));
        Assert.Null(ReadSeed(store, "x"));
        Assert.Null(ReadSeed(store, "y"));
    }

    [Fact]
    public void Set_AskedBeforeMorePurgesThanAreRemembered_IsRefused()
    {
        using var store = Store(32 << 20, _time);
        for (var i = 0; i <= Caching.Tags.TagTable.MaxRemembered; i++)
        {
            store.PurgeTag($"{i}");
        }

        Assert.Equal(StoreOutcome.Purged, store.Set(Key("x"), Entry(10, asOf: 0, tags: ["other"])));
        Assert.Equal(StoreOutcome.Stored, store.Set(Key("x"), Entry(10, asOf: 1, tags: ["other"])));
        Assert.Equal(StoreOutcome.Purged, store.Set(Key("x"), Entry(10, asOf: 2, tags: ["2"])));
        store.CheckInvariants();
    }

    [Fact]
    public void PurgeTag_SequenceOfTheCaller_MustNotGoDown()
    {
        using var store = Store(1 << 20, _time);
        Assert.Equal(17, store.PurgeTag("a", 17));
        Assert.Equal(17, store.Sequence);
        Assert.Throws<ArgumentOutOfRangeException>(() => store.PurgeTag("a", 16));
        Assert.Equal(17, store.PurgeTag("c", 17));
        Assert.Equal(18, store.PurgeTag("b"));
    }

    [Fact]
    public void Hold_EntryTakenOutMeanwhile_StaysReadableAndIsCountedUntilItIsLetGo()
    {
        using var store = Store(32 << 20, _time);
        store.Set(Key("a"), Entry(1 << 20, seed: 9));
        HeldEntry held;
        using (var hit = store.Get(Key("a"), 0))
        {
            Assert.True(hit.IsLarge);
            held = hit.Hold()!;
        }

        Assert.True(store.Remove(Key("a")));
        for (var i = 0; i < 200; i++)
        {
            store.Set(Key(i), Entry(300_000, seed: i));
        }

        Assert.InRange(store.GetStatistics().OrphanBytes, 1 << 20, (1 << 20) + (1 << 18));
        Check(held, 9);
        store.CheckInvariants();
        held.Dispose();
        Assert.Equal(0, store.GetStatistics().OrphanBytes);
        store.CheckInvariants();
    }

    [Fact]
    public void CapacityBytes_LoweredAndRaised_IsFollowed()
    {
        using var store = Store(64 << 20, _time);
        Fill();
        foreach (var budget in (long[])[8 << 20, 1 << 20, 32 << 20])
        {
            store.CapacityBytes = budget;
            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.InRange(store.ChargedBytes, 1, budget);
            store.CheckInvariants();
            Fill();
            Assert.InRange(store.ChargedBytes, budget / 2, budget);
            store.CheckInvariants();
        }

        void Fill()
        {
            for (var i = 0; i < 20_000; i++)
            {
                store.Set(Key(i), Entry(1000 + (i % 7 * 500)));
            }
        }
    }

    [Fact]
    public void Enumerate_AllEntries_AreSeenOnce()
    {
        using var store = Store(16 << 20, _time);
        for (var i = 0; i < 3000; i++)
        {
            store.Set(Key(i), Entry(i % 100));
        }

        var keys = store.Enumerate().Select(entry => Convert.ToHexString(entry.Key)).ToList();

        Assert.Equal(3000, keys.Count);
        Assert.Equal(3000, keys.Distinct().Count());
    }

    [Fact]
    public void Enumerate_AcrossTheEnd_EndsToo()
    {
        var store = Store(16 << 20, _time);
        for (var i = 0; i < 100; i++)
        {
            store.Set(Key(i), Entry(i));
        }

        using var entries = store.Enumerate().GetEnumerator();
        Assert.True(entries.MoveNext());
        store.Dispose();

        Assert.False(entries.MoveNext());
        Assert.Empty(store.Enumerate());
    }

    [Fact]
    public void Dispose_WithAnEntryHeld_KeepsItReadable()
    {
        var store = Store(16 << 20, _time);
        store.Set(Key("a"), Entry(200_000, seed: 4));
        HeldEntry held;
        using (var hit = store.Get(Key("a"), 0))
        {
            held = hit.Hold()!;
        }

        store.Dispose();

        Check(held, 4);
        held.Dispose();
        Assert.False(store.Get(Key("a"), 0).IsHit);
        Assert.Equal(StoreOutcome.NoRoom, store.Set(Key("a"), Entry(10)));
        store.Dispose();
    }

    [Theory]
    [InlineData(1000, 0)]
    [InlineData(1000, 3)]
    [InlineData(100_000, 1)]
    public void Get_Hit_AllocatesNothing(int bytes, int tags)
    {
        using var store = Store(16 << 20, _time);
        var keys = Enumerable.Range(0, 50).Select(Key).ToArray();
        foreach (var key in keys)
        {
            Assert.Equal(StoreOutcome.Stored, store.Set(key, Entry(bytes, tags: [.. Enumerable.Range(0, tags).Select(i => $"{i}")])));
        }

        store.PurgeTag("other");
        var read = 0L;
        Run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(read > 0);

        void Run()
        {
            for (var i = 0; i < 1000; i++)
            {
                using var hit = store.Get(keys[i % keys.Length], 0);
                if (hit.IsLarge)
                {
                    using var held = hit.Hold();
                    read += held!.Frames.Length;
                }
                else
                {
                    read += hit.FirstFrames.Length;
                }
            }
        }
    }

    [Fact]
    public void Constructor_BudgetOutOfRange_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Store(SlabStore.MinCapacityBytes - 1, _time));
        Assert.Throws<ArgumentOutOfRangeException>(() => Store(SlabStore.MaxCapacityBytes + 1, _time));
    }

    private static int? ReadSeed(SlabStore store, string key) => ReadSeed(store, Key(key));

    private static int? ReadSeed(SlabStore store, CacheKey key)
    {
        using var hit = store.Get(key, 0);
        return StoreTesting.ReadSeed(hit);
    }

    private static List<(string, string)> Read(FieldReader fields)
    {
        var read = new List<(string, string)>();
        while (fields.MoveNext())
        {
            read.Add((System.Text.Encoding.Latin1.GetString(fields.Name), System.Text.Encoding.Latin1.GetString(fields.Value)));
        }

        return read;
    }
}
