using EdgeMesh.Latency.Samples;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.Latencies;

/// <summary>What a run of probes found out, in bounded memory.</summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class PingStatistics
{
    // As HdrHistogram prints them: each halves, roughly, what is left above.
    private static readonly double[] Percentiles = [50, 75, 90, 95, 99, 99.9, 99.99];

    private readonly DDSketch _sketch = new();
    private TimeSpan _least = TimeSpan.MaxValue;
    private TimeSpan _longest;
    private double _mean;
    private double _squares;

    /// <summary>Probes sent.</summary>
    public long Sent { get; private set; }

    /// <summary>Probes answered.</summary>
    public long Answered => _sketch.Count;

    /// <summary>Share lost among those whose outcome is known, 0 to 1.</summary>
    public double Loss => Sent == 0 ? 0 : (Sent - Answered) / (double)Sent;

    /// <summary>All round trips, each within 1 %.</summary>
    public DDSketch RoundTrips => _sketch;

    /// <summary>Takes a probe's outcome.</summary>
    /// <param name="roundTrip">Null: it was lost.</param>
    public void Add(TimeSpan? roundTrip)
    {
        Sent++;
        if (roundTrip is not { } time)
        {
            return;
        }

        // Welford's update: stable however long it runs.
        _sketch.Add(time);
        _least = time < _least ? time : _least;
        _longest = time > _longest ? time : _longest;
        var milliseconds = time.TotalMilliseconds;
        var before = milliseconds - _mean;
        _mean += before / Answered;
        _squares += before * (milliseconds - _mean);
    }

    /// <summary>The percentiles that so many probes can tell: one in a thousand takes a thousand. The last is the longest.</summary>
    public IReadOnlyList<PercentileJson> ReadPercentiles()
    {
        if (Answered == 0)
        {
            return [];
        }

        return
        [
            .. Percentiles
                .Where(percentile => Answered * (100 - percentile) >= 99.999)
                .Select(percentile => new PercentileJson(percentile, Milliseconds.Of(Bounded(_sketch.Quantile(percentile / 100)!.Value)), (long)Math.Ceiling(Answered * percentile / 100))),
            new PercentileJson(100, Milliseconds.Of(_longest), Answered),
        ];
    }

    /// <summary>All of it, as JSON.</summary>
    public PingJson ToJson(string node, string region, string address, bool reported) => new(
        node,
        region,
        address,
        Sent,
        Answered,
        Math.Round(Loss, 4),
        Answered == 0 ? null : Milliseconds.Of(_least),
        Answered == 0 ? null : Math.Round(_mean, 3),
        Answered == 0 ? null : Milliseconds.Of(_longest),
        Answered == 0 ? null : Math.Round(Math.Sqrt(_squares / Answered), 3),
        ReadPercentiles(),
        [.. _sketch.Buckets().Select(bucket => new HistogramJson(Milliseconds.Of(bucket.Middle), bucket.Count))],
        reported);

    /// <summary>A sketch's quantile may lie 1 % beyond what was measured.</summary>
    private TimeSpan Bounded(TimeSpan quantile) => quantile < _least ? _least : quantile > _longest ? _longest : quantile;
}
