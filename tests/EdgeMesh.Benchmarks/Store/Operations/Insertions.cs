using System.Globalization;
using BenchmarkDotNet.Attributes;
using EdgeMesh.Caching;
using EdgeMesh.Caching.Eviction;

namespace EdgeMesh.Benchmarks.Store.Operations;

/// <summary>Insertions of 16 bytes, each of which evicts: more keys than fit, in a circle, so that each is gone when it comes again.</summary>
public class Insertions : StoreOperations
{
    private const int Keys = 400_000;
    private const int CapacityBytes = 32 << 20;

    private readonly CacheKey[] _keys = StoreWorkload.Keys(Keys);
    private readonly CacheEntry _entry = StoreWorkload.Entry(16);
    private int _at;
    private long _inserted;
    private long _stored;

    [GlobalSetup(Target = nameof(MemoryCache))]
    public void SetUpMemoryCache() => Fill(new MemoryCacheStore(CapacityBytes, TimeProvider.System));

    [GlobalSetup(Target = nameof(SlabsDensity))]
    public void SetUpDensity() => Fill(Slabs(LivePolicy.Default));

    [GlobalSetup(Target = nameof(SlabsS3Fifo))]
    public void SetUpS3Fifo() => Fill(Slabs(LivePolicy.S3Fifo));

    [GlobalCleanup]
    public void CleanUp()
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"// {_stored / (double)_inserted:P0} of {_inserted:N0} insertions were stored by {Store.GetType().Name}"));
        End();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = PerThread)]
    public ulong MemoryCache() => Invoke();

    [Benchmark(OperationsPerInvoke = PerThread)]
    public ulong SlabsDensity() => Invoke();

    [Benchmark(OperationsPerInvoke = PerThread)]
    public ulong SlabsS3Fifo() => Invoke();

    private protected override ulong Run(int thread)
    {
        ulong stored = 0;
        for (var i = 0; i < PerThread; i++)
        {
            _at = _at + 1 < Keys ? _at + 1 : 0;
            stored += Store.Set(_keys[_at], _entry) == StoreOutcome.Stored ? 1UL : 0;
        }

        _inserted += PerThread;
        _stored += (long)stored;
        return stored;
    }

    private static SlabStore Slabs(LivePolicy policy) =>
        new(new SlabStoreOptions { CapacityBytes = CapacityBytes, CreatePolicy = bytes => policy.Create(bytes, new Random(1)) }, TimeProvider.System);

    private void Fill(ICacheStore store)
    {
        Begin(store, threads: 1);
        for (var i = 0; i < 2 * Keys; i += PerThread)
        {
            Run(0);
        }

        (_inserted, _stored) = (0, 0);
    }
}
