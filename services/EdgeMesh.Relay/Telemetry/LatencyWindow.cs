namespace EdgeMesh.Relay.Telemetry;

/// <summary>What calls of one kind took lately.</summary>
/// <param name="Count">Calls that ended in the window.</param>
/// <param name="Window">How long the window was.</param>
/// <param name="P50">Half of them took no longer; zero when there were none.</param>
/// <param name="P90">Nine in ten took no longer.</param>
/// <param name="P99">All but one in a hundred took no longer.</param>
public readonly record struct LatencyQuantiles(long Count, TimeSpan Window, TimeSpan P50, TimeSpan P90, TimeSpan P99);

/// <summary>Quantiles of histograms over the time just past.</summary>
/// <remarks>
/// Histograms only grow; this keeps what they had counted at moments of the past and takes the difference. A moment is kept
/// when someone asks and the last one kept is a slice old: no timer runs. So the window is at least its length once
/// that much time has passed, at most one slice longer when asked every slice, and reaches back to the last asking when nobody
/// asked for longer. Thread-safe: one lock owns the kept moments.
/// </remarks>
/// <param name="histograms">One a kind.</param>
/// <param name="length">How far it looks back.</param>
/// <param name="slice">How often a moment is kept.</param>
/// <param name="time">Tells moments apart.</param>
internal sealed class LatencyWindow(IReadOnlyList<LatencyHistogram> histograms, TimeSpan length, TimeSpan slice, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Queue<Moment> _moments = new([new Moment(time.GetTimestamp(), new long[histograms.Count * LatencyHistogram.BucketCount])]);
    private long _lastKept = time.GetTimestamp();

    /// <summary>Quantiles of some kinds together, over the whole window.</summary>
    /// <param name="kinds">Indices of histograms.</param>
    public LatencyQuantiles Read(params ReadOnlySpan<int> kinds)
    {
        lock (_lock)
        {
            var now = LookLocked();
            return Between(_moments.Peek(), now, kinds);
        }
    }

    /// <summary>Quantiles over as little of the window, up to now, as has enough calls.</summary>
    /// <param name="enough">How many calls.</param>
    /// <param name="kinds">Indices of histograms.</param>
    /// <returns>Null: not even the whole window has.</returns>
    public LatencyQuantiles? ReadLast(long enough, params ReadOnlySpan<int> kinds)
    {
        lock (_lock)
        {
            var now = LookLocked();
            foreach (var then in _moments.Reverse())
            {
                if (now.CountOf(kinds) - then.CountOf(kinds) >= enough)
                {
                    return Between(then, now, kinds);
                }
            }

            return null;
        }
    }

    /// <summary>Takes the moment of now, and keeps it if it is time; the oldest that stays is the youngest that is a whole window old.</summary>
    private Moment LookLocked()
    {
        var now = new Moment(time.GetTimestamp(), new long[histograms.Count * LatencyHistogram.BucketCount]);
        for (var kind = 0; kind < histograms.Count; kind++)
        {
            histograms[kind].AddTo(now.Of(kind));
        }

        while (_moments.Count > 1 && time.GetElapsedTime(_moments.ElementAt(1).Timestamp, now.Timestamp) >= length)
        {
            _moments.Dequeue();
        }

        if (time.GetElapsedTime(_lastKept, now.Timestamp) >= slice)
        {
            _moments.Enqueue(now);
            _lastKept = now.Timestamp;
        }

        return now;
    }

    private LatencyQuantiles Between(Moment then, Moment now, ReadOnlySpan<int> kinds)
    {
        var counts = new long[LatencyHistogram.BucketCount];
        foreach (var kind in kinds)
        {
            for (var bucket = 0; bucket < counts.Length; bucket++)
            {
                counts[bucket] += now.Of(kind)[bucket] - then.Of(kind)[bucket];
            }
        }

        var count = counts.Sum();
        return new LatencyQuantiles(count, time.GetElapsedTime(then.Timestamp, now.Timestamp), Quantile(counts, count, 0.5), Quantile(counts, count, 0.9), Quantile(counts, count, 0.99));
    }

    /// <summary>The smallest time that a share of the calls did not exceed (nearest rank).</summary>
    private static TimeSpan Quantile(long[] counts, long count, double share)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(share * count));
        for (var bucket = 0; bucket < counts.Length; bucket++)
        {
            rank -= counts[bucket];
            if (rank <= 0)
            {
                return LatencyHistogram.MiddleOf(bucket);
            }
        }

        return TimeSpan.Zero;
    }

    private sealed record Moment(long Timestamp, long[] Counts)
    {
        public Span<long> Of(int kind) => Counts.AsSpan(kind * LatencyHistogram.BucketCount, LatencyHistogram.BucketCount);

        public long CountOf(ReadOnlySpan<int> kinds)
        {
            var count = 0L;
            foreach (var kind in kinds)
            {
                foreach (var calls in Of(kind))
                {
                    count += calls;
                }
            }

            return count;
        }
    }
}
