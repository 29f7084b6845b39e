using BenchmarkDotNet.Attributes;
using EdgeMesh.Caching;

namespace EdgeMesh.Benchmarks.Store.Operations;

/// <summary>Hits on a thousand entries of 100 bytes: with their index about 300 KiB, which stay in a core's second-level cache.</summary>
public class Lookups : StoreOperations
{
    private const int Entries = 1000;
    private const int CapacityBytes = 256 << 20;

    private CacheKey[] _order = [];

    [Params(1, 2)]
    public int Threads { get; set; }

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
        ulong sum = 0;
        foreach (var key in _order)
        {
            using var hit = Store.Get(key, StoreWorkload.Now);
            sum += (ulong)hit.FirstFrames.Length;
        }

        return sum;
    }

    private void Fill(ICacheStore store)
    {
        var keys = StoreWorkload.Keys(Entries);
        _order = [.. Enumerable.Range(0, PerThread).Select(i => keys[(int)((uint)i * 2654435761 % Entries)])];
        Begin(store, Threads);
        foreach (var key in keys)
        {
            store.Set(key, StoreWorkload.Entry(100));
        }
    }
}
