using BenchmarkDotNet.Attributes;
using EdgeMesh.Caching;

namespace EdgeMesh.Benchmarks.Store.Operations;

/// <summary>Reads, each with a copy of what it found, and writes, by Zipf's law: 100,000 keys of 1 KiB in room for about half of them, but for the dictionary, which has no bound.</summary>
public class Mixes : StoreOperations
{
    private const int Keys = 100_000;
    private const int EntryBytes = 1024;
    private const int CapacityBytes = 64 << 20;

    private readonly CacheKey[] _keys = StoreWorkload.Keys(Keys);
    private readonly CacheEntry _entry = StoreWorkload.Entry(EntryBytes);
    private readonly int[][] _orders = [StoreWorkload.Zipf(Keys, PerThread, seed: 2), StoreWorkload.Zipf(Keys, PerThread, seed: 3)];
    private readonly byte[][] _buffers = [new byte[EntryBytes], new byte[EntryBytes]];

    [Params(1, 2)]
    public int Threads { get; set; }

    /// <summary>Of a hundred operations.</summary>
    [Params(0, 5, 25)]
    public int Writes { get; set; }

    [GlobalSetup(Target = nameof(Dictionary))]
    public void SetUpDictionary() => Fill(new DictionaryStore());

    [GlobalSetup(Target = nameof(MemoryCache))]
    public void SetUpMemoryCache() => Fill(new MemoryCacheStore(CapacityBytes, TimeProvider.System));

    [GlobalSetup(Target = nameof(Slabs))]
    public void SetUpSlabs() => Fill(new SlabStore(new SlabStoreOptions { CapacityBytes = CapacityBytes }, TimeProvider.System));

    [GlobalCleanup]
    public void CleanUp() => End();

    [Benchmark(Baseline = true, OperationsPerInvoke = PerThread)]
    public ulong Dictionary() => Invoke();

    [Benchmark(OperationsPerInvoke = PerThread)]
    public ulong MemoryCache() => Invoke();

    [Benchmark(OperationsPerInvoke = PerThread)]
    public ulong Slabs() => Invoke();

    private protected override ulong Run(int thread)
    {
        ulong hits = 0;
        var order = _orders[thread];
        for (var i = 0; i < order.Length; i++)
        {
            var key = _keys[order[i]];
            if (i % 100 < Writes)
            {
                Store.Set(key, _entry);
                continue;
            }

            using var hit = Store.Get(key, StoreWorkload.Now);
            if (hit.IsHit)
            {
                hit.FirstFrames.CopyTo(_buffers[thread]);
                hits++;
            }
        }

        return hits;
    }

    private void Fill(ICacheStore store)
    {
        Begin(store, Threads);
        foreach (var key in _keys)
        {
            store.Set(key, _entry);
        }
    }
}
