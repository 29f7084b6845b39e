using System.Diagnostics;

namespace EdgeMesh.Admin.Metrics;

/// <summary>The values under one set of attributes.</summary>
/// <remarks>Changed by interlocked operations: a reader may see a count and not yet its sum. Thread-safe.</remarks>
/// <param name="labels">The attributes as label text.</param>
/// <param name="bounds">Upper bounds of a histogram's buckets but the last, rising; of other instruments none.</param>
internal sealed class Series(string labels, double[] bounds)
{
    private readonly long[] _buckets = new long[bounds.Length + 1];
    private readonly Exemplar?[] _exemplars = new Exemplar?[bounds.Length + 1];
    private double _value;

    /// <summary>The attributes as label text.</summary>
    public string Labels => labels;

    /// <summary>The sum of what was added or observed, or what was set last.</summary>
    public double Value => Volatile.Read(ref _value);

    /// <summary>Upper bounds of the buckets but the last.</summary>
    public IReadOnlyList<double> Bounds => bounds;

    /// <summary>How many values fell in a bucket alone.</summary>
    public long CountIn(int bucket) => Volatile.Read(ref _buckets[bucket]);

    /// <summary>The last traced value in a bucket.</summary>
    public Exemplar? ExemplarIn(int bucket) => Volatile.Read(ref _exemplars[bucket]);

    /// <summary>Adds to a sum.</summary>
    public void Add(double value)
    {
        var seen = Volatile.Read(ref _value);
        while (true)
        {
            var before = Interlocked.CompareExchange(ref _value, seen + value, seen);
            if (before.Equals(seen))
            {
                return;
            }

            seen = before;
        }
    }

    /// <summary>Replaces the value.</summary>
    public void Set(double value) => Volatile.Write(ref _value, value);

    /// <summary>Counts a value in its bucket: the first whose bound it does not exceed.</summary>
    public void Observe(double value)
    {
        var bucket = 0;
        while (bucket < bounds.Length && value > bounds[bucket])
        {
            bucket++;
        }

        Interlocked.Increment(ref _buckets[bucket]);
        Add(value);
        if (Activity.Current is { Recorded: true, IdFormat: ActivityIdFormat.W3C } span)
        {
            Volatile.Write(ref _exemplars[bucket], new Exemplar(value, span.TraceId.ToHexString(), span.SpanId.ToHexString(), DateTimeOffset.UtcNow));
        }
    }
}

/// <summary>A value and the trace that it came from (OpenMetrics section 4.6.1).</summary>
/// <param name="Value">The value.</param>
/// <param name="TraceId">32 hexadecimal digits.</param>
/// <param name="SpanId">16 hexadecimal digits.</param>
/// <param name="Time">When it was measured.</param>
internal sealed record Exemplar(double Value, string TraceId, string SpanId, DateTimeOffset Time);
