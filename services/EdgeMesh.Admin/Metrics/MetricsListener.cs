using System.Diagnostics.Metrics;

namespace EdgeMesh.Admin.Metrics;

/// <summary>Listens to a node's instruments and keeps their sums, last values and histograms, for whoever asks for them as text.</summary>
/// <remarks>
/// Takes the meters of one node, though several may run in a process: those that the data server's <see cref="IMeterFactory"/> made, named
/// <c>EdgeMesh.*</c> or Kestrel's, and the runtime's. Thread-safe; measurements take no lock. Observable instruments are read by <see cref="Collect"/>.
/// </remarks>
internal sealed class MetricsListener : IDisposable
{
    private const string RuntimeMeter = "System.Runtime";
    private const string KestrelMeter = "Microsoft.AspNetCore.Server.Kestrel";
    private const string OwnMeters = "EdgeMesh.";

    // The only one of Kestrel's that is measured at every call: it would cost a hit 1 % and says nothing over HTTP/2.
    private const string QueuedRequests = "kestrel.queued_requests";

    private readonly Lock _lock = new();
    private readonly List<InstrumentSeries> _instruments = [];
    private readonly MeterListener _listener = new();

    /// <summary>Starts listening.</summary>
    /// <param name="factory">The data server's.</param>
    public MetricsListener(IMeterFactory factory)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            var meter = instrument.Meter;
            var isWanted = ReferenceEquals(meter.Scope, factory)
                ? (meter.Name == KestrelMeter && instrument.Name != QueuedRequests) || meter.Name.StartsWith(OwnMeters, StringComparison.Ordinal)
                : meter.Scope is null && meter.Name == RuntimeMeter;
            if (isWanted && InstrumentSeries.Create(instrument) is { } series)
            {
                lock (_lock)
                {
                    _instruments.Add(series);
                }

                listener.EnableMeasurementEvents(instrument, series);
            }
        };
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => ((InstrumentSeries)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, state) => ((InstrumentSeries)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => ((InstrumentSeries)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => ((InstrumentSeries)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, state) => ((InstrumentSeries)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, state) => ((InstrumentSeries)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<decimal>(static (_, value, tags, state) => ((InstrumentSeries)state!).Record((double)value, tags));
        _listener.Start();
    }

    /// <summary>Reads observable instruments, and hands over all that has been measured, by instrument, in the order of their names.</summary>
    public void Collect(Action<InstrumentSeries> take)
    {
        // One collection at a time: each empties what the last one observed.
        lock (_lock)
        {
            foreach (var instrument in _instruments)
            {
                instrument.BeginObservation();
            }

            _listener.RecordObservableInstruments();
            foreach (var instrument in _instruments.OrderBy(instrument => instrument.Instrument.Name, StringComparer.Ordinal))
            {
                take(instrument);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();
}
