using System.Diagnostics;
using System.Diagnostics.Metrics;
using EdgeMesh.Client.Tests.Calls;
using EdgeMesh.Testing;
using EdgeMesh.Wire;

namespace EdgeMesh.Client.Tests.Telemetry;

/// <summary>What a call leaves in metrics and traces.</summary>
public sealed class ClientTelemetryTests : IDisposable
{
    private readonly MeterReadings _readings = new();
    private readonly ScriptedNodes _nodes;

    public ClientTelemetryTests() => _nodes = new ScriptedNodes(3, options => options with { MeterFactory = _readings });

    public void Dispose()
    {
        _nodes.Dispose();
        _readings.Dispose();
    }

    [Fact]
    public async Task Meters_HedgedCall_CountsBothAttemptsAndWhoWon()
    {
        await _nodes.WarmUpAsync(TimeSpan.FromMilliseconds(50));
        _readings.Clear();
        var call = _nodes.CallAsync();
        await _nodes.NextAsync("a");
        await _nodes.Time.WaitForTimersAsync(1);
        _nodes.Time.Advance(TimeSpan.FromMilliseconds(100));
        (await _nodes.NextAsync("b")).Answer();
        await call.WaitAsync(TestDeadline.Default);

        await _readings.WaitForAsync("rpc.client.call.duration rpc.system.name=grpc rpc.method=a.B/C rpc.response.status_code=CANCELLED server.address=a server.port=1 error.type=CANCELLED", 1);
        Assert.Equal(1, _readings["rpc.client.call.duration rpc.system.name=grpc rpc.method=a.B/C rpc.response.status_code=OK server.address=b server.port=1"]);
        Assert.Equal(1, _readings["edgemesh.client.attempts edgemesh.attempt.reason=first"]);
        Assert.Equal(1, _readings["edgemesh.client.attempts edgemesh.attempt.reason=hedge"]);
        Assert.Equal(1, _readings["edgemesh.client.hedges edgemesh.hedge.outcome=won"]);
        Assert.Equal(0, _readings["edgemesh.client.hedges edgemesh.hedge.outcome=lost"]);
    }

    [Fact]
    public async Task Meters_CallThatNobodyAnswers_CountsEachTryAndTheEnd()
    {
        var call = _nodes.CallAsync();
        (await _nodes.NextAsync("a")).Fail();
        (await _nodes.NextAsync("b")).Fail();
        (await _nodes.NextAsync("c")).Fail();
        await call.WaitAsync(TestDeadline.Default);

        Assert.Equal(1, _readings["edgemesh.client.attempts edgemesh.attempt.reason=first"]);
        Assert.Equal(2, _readings["edgemesh.client.attempts edgemesh.attempt.reason=retry"]);
        Assert.Equal(1, _readings["edgemesh.client.unanswered"]);
    }

    [Fact]
    public async Task Meters_WhenCollected_TellOfTheNodes()
    {
        var call = _nodes.CallAsync();
        await _nodes.NextAsync("a");
        _readings.Collect();
        Assert.Equal(1, _readings["edgemesh.client.active_calls edgemesh.peer=a"]);
        Assert.Equal(0.03, _readings["edgemesh.client.round_trip edgemesh.peer=c"], 6);

        // The call is given up at the ejected one, and goes to the only one that is well.
        _nodes.Pool.Find("b")!.IsDraining = true;
        _nodes.Pool.Eject(_nodes.Pool.Find("a")!);
        (await _nodes.NextAsync("c")).Answer();
        await call.WaitAsync(TestDeadline.Default);
        _readings.Collect();

        Assert.Equal(1, _readings["edgemesh.client.ejections"]);
        Assert.Equal(1, _readings["edgemesh.client.home_moves"]);
        Assert.Equal((1, 1, 1), (_readings["edgemesh.client.nodes edgemesh.node.state=ready"], _readings["edgemesh.client.nodes edgemesh.node.state=draining"], _readings["edgemesh.client.nodes edgemesh.node.state=ejected"]));
        Assert.Equal(0, _readings["edgemesh.client.active_calls edgemesh.peer=a"]);
    }

    [Fact]
    public async Task Span_OfEachAttempt_IsTheCallersChildAndTheNodesParent()
    {
        using var caller = new Activity("caller").Start();
        var spans = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "EdgeMesh.Client",
            Sample = (ref ActivityCreationOptions<ActivityContext> options) => options.TraceId == caller.TraceId ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = span =>
            {
                lock (spans)
                {
                    spans.Add(span);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);

        var call = _nodes.CallAsync();
        (await _nodes.NextAsync("a")).Fail();
        var second = await _nodes.NextAsync("b");
        second.Answer(GrpcStatusCode.NotFound);
        await call.WaitAsync(TestDeadline.Default);

        Assert.Equal(["a UNAVAILABLE first", "b NOT_FOUND retry"], spans.Select(span => $"{span.GetTagItem("edgemesh.peer")} {span.GetTagItem("rpc.response.status_code")} {span.GetTagItem("edgemesh.attempt.reason")}"));
        Assert.All(spans, span => Assert.Equal((caller.SpanId, ActivityKind.Client, "a.B/C", ActivityStatusCode.Error), (span.ParentSpanId, span.Kind, span.DisplayName, span.Status)));
        Assert.Equal(spans[1].Id, second.TraceParent);
    }

    /// <summary>What the meter of one client measured, by instrument and attributes.</summary>
    private sealed class MeterReadings : IMeterFactory
    {
        private readonly Dictionary<string, double> _values = [];
        private readonly MeterListener _listener = new();
        private Meter? _meter;

        public double this[string series]
        {
            get
            {
                lock (_values)
                {
                    return _values.GetValueOrDefault(series);
                }
            }
        }

        public Meter Create(MeterOptions options)
        {
            _meter = new Meter(options);
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter == _meter)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, instrument is Histogram<double> ? 1 : value, tags));
            _listener.Start();
            return _meter;
        }

        public void Collect() => _listener.RecordObservableInstruments();

        public void Clear()
        {
            lock (_values)
            {
                _values.Clear();
            }
        }

        public async Task WaitForAsync(string series, double value)
        {
            using var limit = new CancellationTokenSource(TestDeadline.Default);
            while (this[series] < value)
            {
                await Task.Delay(1, limit.Token);
            }
        }

        public void Dispose()
        {
            _listener.Dispose();
            _meter?.Dispose();
        }

        private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var series = instrument.Name;
            foreach (var (name, text) in tags)
            {
                series += $" {name}={text}";
            }

            lock (_values)
            {
                _values[series] = instrument.IsObservable ? value : _values.GetValueOrDefault(series) + value;
            }
        }
    }
}
