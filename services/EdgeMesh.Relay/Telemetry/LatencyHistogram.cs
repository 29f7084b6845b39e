using System.Numerics;

namespace EdgeMesh.Relay.Telemetry;

/// <summary>How long calls took, counted in buckets whose width grows with the time.</summary>
/// <remarks>
/// Log-linear, as HdrHistogram: each power of two is cut into 16 buckets of one width, so a quantile read from the middle of
/// its bucket is at most 1/32 (3.2 %) off; below 1.6 µs buckets are 100 ns. From 100 ns to 1.9 hours; what is longer counts as that.
/// Thread-safe without locks: one array of counts per group of processors, each changed by interlocked adds, so that cores do
/// not fight for a line; a reader that adds them up while calls end sees some of these and not others. 4.2 KiB a group.
/// </remarks>
internal sealed class LatencyHistogram
{
    /// <summary>Buckets in all.</summary>
    public const int BucketCount = (MaxExponent - SubBits + 2) << SubBits;

    private const int SubBits = 4;
    private const int SubCount = 1 << SubBits;

    // In ticks of 100 ns: 2^36 of them are 1.9 hours, more than any call that a latency is of interest of.
    private const int MaxExponent = 35;
    private const long MaxTicks = (1L << (MaxExponent + 1)) - 1;

    private readonly long[][] _stripes = [.. Enumerable.Range(0, ProcessorStripes.Count).Select(_ => new long[BucketCount])];

    /// <summary>Calls counted.</summary>
    public long Count
    {
        get
        {
            var count = 0L;
            foreach (var stripe in _stripes)
            {
                for (var bucket = 0; bucket < stripe.Length; bucket++)
                {
                    count += Volatile.Read(ref stripe[bucket]);
                }
            }

            return count;
        }
    }

    /// <summary>Counts a call.</summary>
    /// <param name="latency">How long it took; below zero counts as zero.</param>
    public void Record(TimeSpan latency) => Interlocked.Increment(ref _stripes[ProcessorStripes.Current][BucketOf(latency.Ticks)]);

    /// <summary>Adds all counts to <paramref name="counts"/>, bucket by bucket.</summary>
    public void AddTo(Span<long> counts)
    {
        foreach (var stripe in _stripes)
        {
            for (var bucket = 0; bucket < stripe.Length; bucket++)
            {
                counts[bucket] += Volatile.Read(ref stripe[bucket]);
            }
        }
    }

    /// <summary>The bucket of a time in ticks of 100 ns.</summary>
    public static int BucketOf(long ticks)
    {
        var value = (ulong)Math.Clamp(ticks, 0, MaxTicks);
        if (value < SubCount)
        {
            return (int)value;
        }

        // 1mmmm in binary, shifted down: the exponent chooses the row, mmmm the bucket in it.
        var shift = BitOperations.Log2(value) - SubBits;
        return ((shift + 1) << SubBits) + (int)((value >> shift) & (SubCount - 1));
    }

    /// <summary>The middle of a bucket.</summary>
    public static TimeSpan MiddleOf(int bucket)
    {
        if (bucket < SubCount)
        {
            return new TimeSpan(bucket);
        }

        var shift = (bucket >> SubBits) - 1;
        var low = (long)(SubCount + (bucket & (SubCount - 1))) << shift;
        return new TimeSpan(low + ((1L << shift) >> 1));
    }
}
