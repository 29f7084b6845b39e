using BenchmarkDotNet.Attributes;
using EdgeMesh.Caching;

namespace EdgeMesh.Benchmarks.Store.Operations;

/// <summary>The hash of a key of <see cref="StoreWorkload.KeyBytes"/> bytes.</summary>
public class Hashes
{
    private const int Keys = 16;

    private readonly byte[][] _keys = [.. Enumerable.Range(0, Keys).Select(i => StoreWorkload.Key(i).Bytes.ToArray())];

    [Benchmark(OperationsPerInvoke = Keys)]
    public ulong Compute()
    {
        ulong sum = 0;
        foreach (var key in _keys)
        {
            sum += KeyHash.Compute(key).Low;
        }

        return sum;
    }
}
