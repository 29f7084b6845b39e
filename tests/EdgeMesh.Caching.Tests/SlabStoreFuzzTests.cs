using EdgeMesh.Caching.Eviction;
using EdgeMesh.Testing;
using FsCheck;
using FsCheck.Fluent;
using static EdgeMesh.Caching.Tests.StoreTesting;

namespace EdgeMesh.Caching.Tests;

/// <summary>Random sequences of operations on the store and on a dictionary.</summary>
[Collection(StoreCollection.Name)]
public sealed class SlabStoreFuzzTests
{
    private const int Keys = 40;
    private const int Tags = 5;
    private const int Operations = 400;

    [Theory]
    [InlineData(64L << 20, 30_000)]
    [InlineData(1L << 20, 30_000)]
    [InlineData(2L << 20, 600_000)]
    public void AnyOperations_BehaveAsADictionary(long capacityBytes, int maxBytes)
    {
        // With room for all, whatever the dictionary has is found; without, whatever is found the dictionary has.
        var isRoomy = capacityBytes > Keys * (long)maxBytes * 2;
        var seeds = Gen.Choose(0, int.MaxValue).ToArbitrary();
        Prop.ForAll(seeds, seed => Run(new Random(seed), capacityBytes, maxBytes, isRoomy)).Check(Config.QuickThrowOnFailure.WithMaxTest(60));
    }

    private static void Run(Random random, long capacityBytes, int maxBytes, bool isRoomy)
    {
        var time = new ManualTimeProvider();
        using var store = Store(capacityBytes, time, bytes => random.Next(2) == 0 ? new S3FifoPolicy(bytes) : new DensityQueuesPolicy(bytes, random.NextDouble(), random));
        var model = new Dictionary<int, Modelled>();
        for (var i = 0; i < Operations; i++)
        {
            var key = random.Next(Keys);
            switch (random.Next(12))
            {
                case < 4:
                    Set(store, model, time, random, key, maxBytes, isRoomy);
                    break;
                case < 9:
                    Get(store, model, time, key, isRoomy);
                    break;
                case 9:
                    var wasThere = model.Remove(key, out var old);
                    var isLive = wasThere && old!.StaleUntil > time.GetTimestamp();
                    var isRemoved = store.Remove(Key(key));
                    Assert.True(isRemoved || !isLive || !isRoomy);
                    break;
                case 10:
                    time.Advance(TimeSpan.FromSeconds(random.Next(random.Next(100))));
                    break;
                default:
                    Disturb(store, model, random, capacityBytes, isRoomy);
                    break;
            }
        }

        store.CheckInvariants();
        for (var key = 0; key < Keys; key++)
        {
            Get(store, model, time, key, isRoomy);
        }

        // All comes back.
        store.PurgeAll();
        time.Advance(TimeSpan.FromSeconds(1));
        store.Maintain();
        store.CheckInvariants();
        Assert.Equal(0, store.Count);
        Assert.Equal(0, store.GetStatistics().SlotBytes);
    }

    private static void Set(SlabStore store, Dictionary<int, Modelled> model, ManualTimeProvider time, Random random, int key, int maxBytes, bool isRoomy)
    {
        var bytes = random.Next(3) switch { 0 => random.Next(200), 1 => random.Next(Math.Min(maxBytes, 20_000)), _ => random.Next(maxBytes) };
        var seed = random.Next(1 << 20);
        var now = (double)time.GetTimestamp() / Second;
        var seconds = now + random.Next(-2, 200) + random.NextDouble();
        var stale = random.Next(3) == 0 ? random.Next(60) : 0;
        var asOf = random.Next(4) == 0 ? Math.Max(0, store.Sequence - random.Next(3)) : store.Sequence;
        string[] tags = [.. Enumerable.Range(0, random.Next(4)).Select(_ => $"tag-{random.Next(Tags)}").Distinct()];
        var entry = Entry(bytes, seconds, seed, stale, asOf, tags);
        var outcome = store.Set(Key(key), entry);
        if (outcome is StoreOutcome.Stored)
        {
            model[key] = new Modelled(seed, entry.StaleUntil, tags, asOf);
        }
        else if (outcome is StoreOutcome.NotAdmitted or StoreOutcome.NoRoom)
        {
            Assert.False(isRoomy, $"{outcome} with room for all");
            model.Remove(key);
        }
        else if (outcome is StoreOutcome.Oversize)
        {
            Assert.False(isRoomy);
            model.Remove(key);
        }
        else if (outcome is StoreOutcome.Expired)
        {
            Assert.True(entry.StaleUntil <= time.GetTimestamp());
        }
        else
        {
            Assert.True(asOf < store.Sequence);
        }
    }

    private static void Get(SlabStore store, Dictionary<int, Modelled> model, ManualTimeProvider time, int key, bool isRoomy)
    {
        using var hit = store.Get(Key(key), time.GetTimestamp());
        var found = ReadSeed(hit);
        var expected = model.TryGetValue(key, out var entry) && entry.StaleUntil > time.GetTimestamp() ? entry.Seed : (int?)null;
        if (isRoomy || found is not null)
        {
            Assert.Equal(expected, found);
        }
    }

    private static void Disturb(SlabStore store, Dictionary<int, Modelled> model, Random random, long capacityBytes, bool isRoomy)
    {
        switch (random.Next(6))
        {
            case 0:
                store.PurgeAll();
                model.Clear();
                break;
            case 1 or 2:
                var tag = $"tag-{random.Next(Tags)}";
                store.PurgeTag(tag);
                foreach (var (key, _) in model.Where(pair => pair.Value.Tags.Contains(tag)).ToList())
                {
                    model.Remove(key);
                }

                break;
            case 3 when !isRoomy:
                store.CapacityBytes = Math.Max(SlabStore.MinCapacityBytes, (long)(capacityBytes * (0.5 + random.NextDouble())));
                break;
            case 4:
                store.Maintain();
                store.CheckInvariants();
                break;
            default:
                Assert.Equal(store.Count, store.Enumerate().Count());
                break;
        }
    }

    private sealed record Modelled(int Seed, long StaleUntil, string[] Tags, long AsOf);
}
