using System.Diagnostics.Metrics;
using EdgeMesh.Caching;
using EdgeMesh.Relay.Cache;
using EdgeMesh.Relay.Calls;
using EdgeMesh.Relay.Policies.Shadows;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.Wire;

namespace EdgeMesh.Relay.Telemetry;

/// <summary>The instruments of a relay. docs/metrics.md lists them.</summary>
/// <remarks>
/// Names, units and attributes are OpenTelemetry's semantic conventions for RPC (release candidate, 1.39 and later) where there are any. What
/// <see cref="RelayCounters"/> counts is read when someone collects; only durations are recorded call by call. Attributes are bounded: a method's
/// name is one that was declared or has answered OK (<see cref="Methods.MethodTable"/>), else <c>_OTHER</c>. Thread-safe; the factory owns the meter.
/// </remarks>
internal sealed class RelayMeters
{
    /// <summary>The meter's name.</summary>
    public const string Name = "EdgeMesh.Relay";

    /// <summary>What stands for a method whose name may be made up.</summary>
    public const string OtherMethod = "_OTHER";

    private static readonly KeyValuePair<string, object?> GrpcSystem = new("rpc.system.name", "grpc");

    // The conventions' own, which begin at 5 ms, and below them what a cache needs: hits take microseconds.
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    };

    private static readonly string[] Outcomes = [.. Enum.GetNames<CallOutcome>().Select(name => name.ToLowerInvariant())];

    private readonly Histogram<double> _server;
    private readonly Histogram<double> _client;
    private readonly Histogram<double> _fills;

    /// <summary>Makes the instruments.</summary>
    /// <param name="factory">Makes and owns the meter.</param>
    /// <param name="counters">What the relay counted.</param>
    /// <param name="fills">Fills in flight; null: the relay has no store.</param>
    /// <param name="shadows">What rules that are only tried would have done; null: the relay has no store.</param>
    /// <param name="router">Knows the upstreams.</param>
    /// <param name="readers">Counts answers that nobody read.</param>
    /// <param name="log">Counts lines that it lost.</param>
    public RelayMeters(IMeterFactory factory, RelayCounters counters, FillTable? fills, ShadowTable? shadows, IUpstreamRouter router, SlowReaders readers, AccessLog? log)
    {
        var meter = factory.Create(Name);

        // 1. The conventions'.
        _server = meter.CreateHistogram("rpc.server.call.duration", "s", "How long calls took at this node, from their first byte to their last.", tags: null, Seconds);
        _client = meter.CreateHistogram("rpc.client.call.duration", "s", "How long calls took that this node made upstream: relayed ones and fills.", tags: null, Seconds);

        // 2. EdgeMesh's own: calls.
        meter.CreateObservableCounter("edgemesh.relay.calls", () => Outcomes.Select((outcome, i) => Measure(counters.Count((CallOutcome)i), "edgemesh.outcome", outcome)), "{call}", "Calls that ended, by outcome: refused, hit, miss, coalesced, bypass, local.");
        meter.CreateObservableCounter("edgemesh.relay.bypasses", () => Measure(counters.BypassReasons), "{call}", "Calls relayed without a look into the cache, by reason.");
        meter.CreateObservableCounter("edgemesh.relay.failures", () => counters.Failures.Where(failure => failure.Value > 0).Select(failure => Measure(failure.Value, "rpc.response.status_code", StatusNames.Of(failure.Key))), "{call}", "Calls that ended with a status other than OK.");
        meter.CreateObservableUpDownCounter("edgemesh.relay.active_calls", () => counters.InFlight, "{call}", "Calls that run now.");
        meter.CreateObservableCounter("edgemesh.relay.received", () => counters.ReceivedBytes, "By", "Bytes of messages in relayed and cached calls' requests.");
        meter.CreateObservableCounter("edgemesh.relay.sent", () => counters.SentBytes, "By", "Bytes of messages in relayed and cached calls' answers.");

        meter.CreateObservableCounter("edgemesh.relay.unread_answers", () => readers.GivenUp, "{call}", "Calls that were reset because their callers did not read the answer.");
        meter.CreateObservableCounter("edgemesh.access_log.dropped", () => log?.Dropped ?? 0, "{line}", "Lines of the access log that were lost.");

        // 3. Upstream.
        meter.CreateObservableCounter("edgemesh.upstream.failures", () => counters.UpstreamFailures, "{call}", "Calls that ended because upstream could not be reached or was lost.");
        meter.CreateObservableGauge("edgemesh.upstream.up", () => router.Upstreams.Where(upstream => upstream.IsUp is not null).Select(upstream => Measure(upstream.IsUp == true ? 1L : 0, "edgemesh.upstream", upstream.Description)), unit: null, "1: the last call upstream that ended was answered there; 0: it could not be reached or was lost.");

        // 4. The cache's fills.
        _fills = meter.CreateHistogram("edgemesh.fill.duration", "s", "How long fills took, from asking upstream to the end of the answer, by how they ended.", tags: null, Seconds);
        if (fills is null)
        {
            return;
        }

        meter.CreateObservableUpDownCounter("edgemesh.fill.active_fills", () => (long)fills.Count, "{fill}", "Fills in flight that calls can join.");
        meter.CreateObservableUpDownCounter("edgemesh.fill.waiting_calls", () => counters.Waiting, "{call}", "Calls that wait for another's fill now.");
        meter.CreateObservableCounter("edgemesh.shadow.calls", () => Measure(shadows, counts => counts.Calls), "{call}", "Calls that policy rules which are only tried would have looked up, by method.");
        meter.CreateObservableCounter("edgemesh.shadow.hits", () => Measure(shadows, counts => counts.Hits), "{call}", "Those of them that would have been hits.");
        meter.CreateObservableCounter("edgemesh.shadow.saved_calls", () => Measure(shadows, counts => counts.SavedCalls), "{call}", "Those of them that did ask upstream.");
        meter.CreateObservableCounter("edgemesh.shadow.saved", () => Measure(shadows, counts => counts.SavedBytes), "By", "Bytes of the answers that came from there.");
        meter.CreateObservableCounter("edgemesh.cache.stale_answers", () => Measure(counters.StaleReasons), "{call}", "Calls answered by a stale answer, by what allowed it.");
        meter.CreateObservableCounter("edgemesh.cache.uncacheable", () => Measure(counters.UncacheableReasons), "{answer}", "Answers of fills that were not stored, by reason.");
    }

    /// <summary>A call ended here.</summary>
    public void RecordServer(TimeSpan duration, string? method, GrpcStatusCode status)
    {
        if (_server.Enabled)
        {
            Record(_server, duration, method, status, RelayCounters.IsServerFault(status));
        }
    }

    /// <summary>A call upstream ended.</summary>
    public void RecordClient(TimeSpan duration, string? method, GrpcStatusCode status, Upstream upstream)
    {
        if (!_client.Enabled)
        {
            return;
        }

        var name = StatusNames.Of(status);
        ReadOnlySpan<KeyValuePair<string, object?>> tags =
        [
            GrpcSystem, new("rpc.method", method ?? OtherMethod), new("rpc.response.status_code", name), new("server.address", upstream.Address.Host), new("server.port", upstream.PortTag), new("error.type", name),
        ];
        _client.Record(duration.TotalSeconds, status == GrpcStatusCode.Ok ? tags[..^1] : tags);
    }

    /// <summary>A fill ended.</summary>
    public void RecordFill(TimeSpan duration, FillOutcomeKind outcome)
    {
        var name = outcome switch
        {
            FillOutcomeKind.Stored => "stored",
            FillOutcomeKind.NotShared => "not-stored",
            FillOutcomeKind.Again => "cancelled",
            _ => "failed",
        };
        _fills.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("edgemesh.fill.outcome", name));
    }

    private static void Record(Histogram<double> histogram, TimeSpan duration, string? method, GrpcStatusCode status, bool isError)
    {
        var name = StatusNames.Of(status);
        if (isError)
        {
            histogram.Record(duration.TotalSeconds, [GrpcSystem, new("rpc.method", method ?? OtherMethod), new("rpc.response.status_code", name), new("error.type", name)]);
        }
        else
        {
            histogram.Record(duration.TotalSeconds, GrpcSystem, new("rpc.method", method ?? OtherMethod), new("rpc.response.status_code", name));
        }
    }

    private static IEnumerable<Measurement<long>> Measure(ReasonCounts counts) => counts.All.Select(count => Measure(count.Value, "edgemesh.reason", count.Key));

    private static IEnumerable<Measurement<long>> Measure(ShadowTable? shadows, Func<ShadowCounts, long> read) => (shadows?.All ?? []).Select(shadow => Measure(read(shadow.Value), "rpc.method", shadow.Key));

    private static Measurement<long> Measure(long value, string attribute, string text) => new(value, new KeyValuePair<string, object?>(attribute, text));
}
