using System.Runtime.CompilerServices;

namespace EdgeMesh.Caching;

/// <summary>Hits and misses, counted by each reader for itself.</summary>
/// <remarks>Cache lines of its own for each of the first 63 readers, who write it alone; those beyond share the last by interlocked adds. Sums are read at any time.</remarks>
internal sealed class StoreCounters
{
    private const int CellWords = 16; // Two cache lines: the prefetcher pulls pairs.
    private const int Cells = 64;

    // The first cell stays empty: the array's length lies before it, and every count reads that.
    private readonly long[] _words = new long[(Cells + 1) * CellWords];

    /// <summary>Memory of the counters.</summary>
    public static int Bytes => sizeof(long) * CellWords * (Cells + 1);

    public long Hits => Sum(0);

    public long Misses => Sum(1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void CountHit(int reader) => Count(reader, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void CountMiss(int reader) => Count(reader, 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Count(int reader, int counter)
    {
        if (reader < Cells - 1)
        {
            _words[((reader + 1) * CellWords) + counter]++;
        }
        else
        {
            Interlocked.Increment(ref _words[(Cells * CellWords) + counter]);
        }
    }

    private long Sum(int counter)
    {
        long sum = 0;
        for (var i = 1; i <= Cells; i++)
        {
            sum += Volatile.Read(ref _words[(i * CellWords) + counter]);
        }

        return sum;
    }
}
