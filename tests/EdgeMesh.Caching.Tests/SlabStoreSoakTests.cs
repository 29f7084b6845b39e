using EdgeMesh.Caching.Eviction;
using static EdgeMesh.Caching.Tests.StoreTesting;

namespace EdgeMesh.Caching.Tests;

/// <summary>All operations at once on poisoned memory; every byte that is read is checked, and then the store's parts.</summary>
[Collection(StoreCollection.Name)]
public sealed class SlabStoreSoakTests
{
    private const int Keys = 3000;
    private const int Tags = 20;
    private const int Operations = 30_000;
    private const int Threads = 4;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Everything_AtOnce_ReadsOnlyWhatWasStored(bool isS3Fifo)
    {
        // Entries from nothing to several pages, in room for a part of them.
        using var store = Store(8 << 20, TimeProvider.System, bytes => isS3Fifo ? new S3FifoPolicy(bytes) : new DensityQueuesPolicy(bytes, 0.5, new Random(1)));
        var hits = 0;
        var held = 0;

        // Threads of their own: the pool's are for the purges that go on in the background.
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Factory.StartNew(() => Work(thread), default, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        store.CheckInvariants();
        Assert.True(hits > 1000, $"{hits} hits");
        Assert.True(held > 100, $"{held} held");
        var statistics = store.GetStatistics();
        Assert.True(statistics.Evictions > 1000 && statistics.Purged > 100, statistics.ToString());
        Assert.Equal(0, statistics.OrphanBytes);
        store.PurgeAll();
        store.Maintain();
        SpinWait.SpinUntil(() => store.Count == 0, TimeSpan.FromSeconds(20));
        store.CheckInvariants();
        Assert.Equal(0, store.GetStatistics().SlotBytes);

        void Work(int thread)
        {
            var random = new Random(thread);
            var slow = new Queue<(HeldEntry Held, int Seed)>();
            for (var i = 0; i < Operations; i++)
            {
                var number = (int)(Keys * Math.Pow(random.NextDouble(), 2));
                switch (random.Next(1000))
                {
                    case < 300:
                        store.Set(Key(number), Entry(SizeOf(number), seconds: 1e9, seed: number, asOf: store.Sequence, tags: number % 2 == 0 ? [$"{number % Tags}"] : []));
                        break;
                    case < 302:
                        store.PurgeTag($"{random.Next(Tags)}");
                        break;
                    case < 303:
                        // Also by itself, when the machine has time for it.
                        store.Maintain();
                        break;
                    case < 330:
                        store.Remove(Key(number));
                        break;
                    case < 333:
                        store.CapacityBytes = random.Next(4, 12) << 20;
                        break;
                    case 333:
                        Assert.All(store.Enumerate().Take(50), entry => Assert.NotEmpty(entry.Key));
                        break;
                    case 334 when i % 10 == 0:
                        store.CheckInvariants();
                        break;
                    default:
                        Read(number, slow);
                        break;
                }
            }

            while (slow.TryDequeue(out var last))
            {
                Check(last.Held, last.Seed);
                last.Held.Dispose();
            }
        }

        void Read(int number, Queue<(HeldEntry Held, int Seed)> slow)
        {
            using var hit = store.Get(Key(number), 0);
            if (!hit.IsHit)
            {
                return;
            }

            Interlocked.Increment(ref hits);
            if (!hit.IsLarge)
            {
                Assert.Equal(number, ReadSeed(hit));
            }
            else if (hit.Hold() is { } taken)
            {
                Interlocked.Increment(ref held);
                slow.Enqueue((taken, number));
                if (slow.Count > 8)
                {
                    var (oldest, seed) = slow.Dequeue();
                    Check(oldest, seed);
                    oldest.Dispose();
                }
            }
        }
    }

    private static int SizeOf(int number) => (number % 50) switch
    {
        0 => 20_000 + (number * 13 % 50_000),
        < 5 => number * 7 % 12_000,
        _ => number * 3 % 1500,
    };
}
