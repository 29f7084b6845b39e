namespace EdgeMesh.Latency.Samples;

/// <summary>Quantiles of latencies, each within 1 % of the true one, in bounded memory; two sketches merge without loss.</summary>
/// <remarks>
/// DDSketch (Masson, Rim and Lee, VLDB 2019): buckets whose bounds grow by gamma = (1 + a) / (1 - a), so any value in a bucket is within a relative
/// error of a of the bucket's middle. Values are counted from <see cref="Lowest"/> to <see cref="Highest"/>; others are counted at these bounds, which is
/// what keeps the number of buckets fixed, where the paper collapses the lowest. At most 8 KiB. Not thread-safe.
/// </remarks>
public sealed class DDSketch
{
    /// <summary>The relative error a of every quantile.</summary>
    public const double RelativeError = 0.01;

    /// <summary>Shorter latencies count as this: below any network.</summary>
    public static readonly TimeSpan Lowest = TimeSpan.FromMicroseconds(1);

    /// <summary>Longer latencies count as this.</summary>
    public static readonly TimeSpan Highest = TimeSpan.FromSeconds(60);

    private const double Gamma = (1 + RelativeError) / (1 - RelativeError);
    private static readonly double LogGamma = Math.Log(Gamma);
    private static readonly int LastIndex = IndexOf(Highest);

    private long[] _buckets = [];

    /// <summary>Values counted.</summary>
    public long Count { get; private set; }

    /// <summary>Counts one value, as it was measured. Zero and negative values count as <see cref="Lowest"/>.</summary>
    public void Add(TimeSpan value) => AddTo(IndexOf(value), 1);

    /// <summary>Counts a value several times.</summary>
    /// <param name="value">As measured.</param>
    /// <param name="count">How many times, 0 or more.</param>
    public void Add(TimeSpan value, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count > 0)
        {
            AddTo(IndexOf(value), count);
        }
    }

    /// <summary>Counts a value together with those that were not measured because it took so long.</summary>
    /// <param name="value">As measured.</param>
    /// <param name="expectedInterval">How often a value should have been taken; zero or less corrects nothing.</param>
    /// <remarks>
    /// Coordinated omission (Gil Tene; HdrHistogram's <c>recordValueWithExpectedInterval</c>): a prober that waited 10 s for one answer, and should have asked every second, would have
    /// seen 9, 8, ... 1 s as well. At most <see cref="Highest"/> of waiting is filled in.
    /// </remarks>
    public void AddCorrected(TimeSpan value, TimeSpan expectedInterval)
    {
        Add(value);
        if (expectedInterval <= TimeSpan.Zero)
        {
            return;
        }

        // Never more steps than this, however short the interval: a jump of the clock must not keep a processor busy.
        const int MostSteps = 10_000;
        var missing = (value < Highest ? value : Highest) - expectedInterval;
        for (var step = 0; missing >= expectedInterval && step < MostSteps; step++, missing -= expectedInterval)
        {
            Add(missing);
        }
    }

    /// <summary>Counts all values of another sketch.</summary>
    public void Merge(DDSketch other)
    {
        for (var index = 0; index < other._buckets.Length; index++)
        {
            if (other._buckets[index] > 0)
            {
                AddTo(index, other._buckets[index]);
            }
        }
    }

    /// <summary>The value that a share of all values does not exceed.</summary>
    /// <param name="quantile">0 to 1: 0.99 for p99.</param>
    /// <returns>Within 1 % of the value of that rank; null of an empty sketch.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="quantile"/> is outside 0 to 1.</exception>
    public TimeSpan? Quantile(double quantile)
    {
        if (!(quantile is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(quantile), quantile, "A quantile is a number from 0 to 1.");
        }

        if (Count == 0)
        {
            return null;
        }

        var rank = (long)(quantile * (Count - 1));
        var index = 0;
        for (var seen = _buckets[0]; seen <= rank; seen += _buckets[index])
        {
            index++;
        }

        return ValueOf(index);
    }

    /// <summary>Which share of all values does not exceed a bound, to within the sketch's error of the bound.</summary>
    /// <returns>0 to 1; null of an empty sketch.</returns>
    public double? ShareWithin(TimeSpan bound)
    {
        if (Count == 0)
        {
            return null;
        }

        long within = 0;
        for (var index = 0; index < _buckets.Length && ValueOf(index) <= bound; index++)
        {
            within += _buckets[index];
        }

        return (double)within / Count;
    }

    /// <summary>The counted values from low to high: middle of a bucket, as <see cref="Quantile"/> gives it, and how many it holds. Counting these gives the same sketch again, from 10 µs up: below, buckets are narrower than a tick.</summary>
    public IEnumerable<(TimeSpan Middle, long Count)> Buckets()
    {
        for (var index = 0; index < _buckets.Length; index++)
        {
            if (_buckets[index] > 0)
            {
                yield return (ValueOf(index), _buckets[index]);
            }
        }
    }

    private static int IndexOf(TimeSpan value)
    {
        if (value <= Lowest)
        {
            return 0;
        }

        var bounded = value < Highest ? value : Highest;
        return (int)Math.Ceiling(Math.Log(bounded / Lowest) / LogGamma);
    }

    /// <summary>The bucket's middle in relative error: 2 gamma^i / (gamma + 1).</summary>
    private static TimeSpan ValueOf(int index) => index == 0 ? Lowest : Lowest * (2 * Math.Pow(Gamma, index) / (Gamma + 1));

    private void AddTo(int index, long count)
    {
        if (index >= _buckets.Length)
        {
            Array.Resize(ref _buckets, Math.Min(LastIndex + 1, Math.Max(index + 1, _buckets.Length * 2)));
        }

        _buckets[index] += count;
        Count += count;
    }
}
