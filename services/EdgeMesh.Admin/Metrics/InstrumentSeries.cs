using System.Diagnostics.Metrics;

namespace EdgeMesh.Admin.Metrics;

/// <summary>What an instrument's values are to a collector (OpenMetrics section 3).</summary>
internal enum MetricKind
{
    /// <summary>Only grows.</summary>
    Counter,

    /// <summary>Goes up and down.</summary>
    Gauge,

    /// <summary>Counts by buckets.</summary>
    Histogram,
}

/// <summary>One instrument and its series, one for each set of attributes.</summary>
/// <remarks>
/// A measurement finds its series by the identity of its attributes' values, which for instruments on the way of a call are constants or
/// interned: no hashing of text, no allocation. Others are found by their text. At most 2,000 series: what has other attributes is
/// counted in one with <c>otel_metric_overflow</c>, as OpenTelemetry's SDKs do. Thread-safe.
/// </remarks>
internal sealed class InstrumentSeries
{
    // OpenTelemetry's default.
    private const int MaxSeries = 2000;

    private readonly SeriesTable _table;
    private readonly bool _addsUp;
    private readonly bool _isObserved;

    private InstrumentSeries(Instrument instrument, MetricKind kind, bool addsUp, double[] bounds)
    {
        Instrument = instrument;
        Kind = kind;
        _addsUp = addsUp;
        _isObserved = instrument.IsObservable;
        _table = new SeriesTable(MaxSeries, bounds);
    }

    /// <summary>The instrument.</summary>
    public Instrument Instrument { get; }

    /// <summary>What its values are.</summary>
    public MetricKind Kind { get; }

    /// <summary>All series.</summary>
    public IEnumerable<Series> All => _table.All;

    /// <summary>Makes it; null for a kind of instrument that is not known.</summary>
    public static InstrumentSeries? Create(Instrument instrument)
    {
        var type = instrument.GetType();
        var generic = type.IsGenericType ? type.GetGenericTypeDefinition() : null;
        if (generic == typeof(Histogram<>))
        {
            return new InstrumentSeries(instrument, MetricKind.Histogram, addsUp: false, Bounds(instrument));
        }

        if (generic == typeof(Counter<>) || generic == typeof(ObservableCounter<>))
        {
            return new InstrumentSeries(instrument, MetricKind.Counter, addsUp: generic == typeof(Counter<>), []);
        }

        if (generic == typeof(UpDownCounter<>) || generic == typeof(ObservableUpDownCounter<>) || generic == typeof(Gauge<>) || generic == typeof(ObservableGauge<>))
        {
            return new InstrumentSeries(instrument, MetricKind.Gauge, addsUp: generic == typeof(UpDownCounter<>), []);
        }

        return null;
    }

    /// <summary>Takes a measurement.</summary>
    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var series = _table.Get(tags);
        if (Kind == MetricKind.Histogram)
        {
            series.Observe(value);
        }
        else if (_addsUp)
        {
            series.Add(value);
        }
        else
        {
            series.Set(value);
        }
    }

    /// <summary>Forgets what was observed before: an observable instrument says all that there is each time.</summary>
    public void BeginObservation()
    {
        if (_isObserved)
        {
            _table.Clear();
        }
    }

    private static double[] Bounds(Instrument instrument)
    {
        // The conventions for durations; OpenTelemetry's default for anything else.
        var advised = instrument switch
        {
            Histogram<double> doubles => doubles.Advice?.HistogramBucketBoundaries,
            Histogram<long> longs => longs.Advice?.HistogramBucketBoundaries?.Select(bound => (double)bound).ToList(),
            _ => null,
        };
        return advised is { Count: > 0 } ? [.. advised]
            : instrument.Unit == "s" ? [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
            : [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];
    }
}
