using System.Diagnostics.Metrics;
using EdgeMesh.Client.Nodes;
using EdgeMesh.Wire;

namespace EdgeMesh.Client.Telemetry;

/// <summary>The instruments of a routing client. docs/metrics.md lists them.</summary>
/// <remarks>
/// Names, units and attributes are OpenTelemetry's semantic conventions for RPC where there are any. Attributes are bounded: a method's name is one that the mesh declared, else <c>_OTHER</c>; nodes
/// are those of the pool. Thread-safe. Disposing of it ends the meter, unless a factory made it, which owns it.
/// </remarks>
internal sealed class ClientMeters : IDisposable
{
    /// <summary>The meter's name, and the activity source's.</summary>
    public const string Name = "EdgeMesh.Client";

    /// <summary>What stands for a method whose name may be made up.</summary>
    public const string OtherMethod = "_OTHER";

    private static readonly KeyValuePair<string, object?> GrpcSystem = new("rpc.system.name", "grpc");
    private static readonly KeyValuePair<string, object?>[] Reasons = [.. Enum.GetNames<AttemptReason>().Select(name => new KeyValuePair<string, object?>("edgemesh.attempt.reason", name.ToLowerInvariant()))];
    private static readonly KeyValuePair<string, object?> Won = new("edgemesh.hedge.outcome", "won");
    private static readonly KeyValuePair<string, object?> Lost = new("edgemesh.hedge.outcome", "lost");

    // As a node's of its calls upstream.
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    };

    private readonly Meter? _owned;
    private readonly Histogram<double> _calls;
    private readonly Counter<long> _attempts;
    private readonly Counter<long> _hedges;
    private readonly Counter<long> _unanswered;

    /// <summary>Makes the instruments.</summary>
    /// <param name="factory">Makes and owns the meter; null: it is this object's.</param>
    /// <param name="pool">What is read when someone collects.</param>
    public ClientMeters(IMeterFactory? factory, NodePool pool)
    {
        var meter = factory?.Create(Name) ?? (_owned = new Meter(Name));
        _calls = meter.CreateHistogram("rpc.client.call.duration", "s", "How long calls took at a node; one that was sent to two counts at each.", tags: null, Seconds);
        _attempts = meter.CreateCounter<long>("edgemesh.client.attempts", "{attempt}", "Sending a call to a node, by reason: first, retry, hedge.");
        _hedges = meter.CreateCounter<long>("edgemesh.client.hedges", "{call}", "Calls that were sent to a second node because the first was slow, by whether the second answered first.");
        _unanswered = meter.CreateCounter<long>("edgemesh.client.unanswered", "{call}", "Calls that this client answered with UNAVAILABLE itself: no node did.");
        meter.CreateObservableCounter("edgemesh.client.ejections", () => pool.Ejections, "{ejection}", "Nodes that were given no more calls since probes or calls failed.");
        meter.CreateObservableCounter("edgemesh.client.home_moves", () => pool.HomeMoves, "{move}", "Times that the home became another node.");
        meter.CreateObservableUpDownCounter("edgemesh.client.nodes", () => CountNodes(pool), "{node}", "Nodes that it keeps connections to, by state: ready, draining, ejected.");
        meter.CreateObservableUpDownCounter("edgemesh.client.active_calls", () => pool.Current.Nodes.Select(node => new Measurement<long>(node.InFlight, new KeyValuePair<string, object?>("edgemesh.peer", node.Name))), "{call}", "Calls that run now, by node.");
        meter.CreateObservableGauge("edgemesh.client.round_trip", () => pool.Current.Nodes.Where(node => node.RoundTrip is not null).Select(node => new Measurement<double>(node.RoundTrip?.TotalSeconds ?? 0, new KeyValuePair<string, object?>("edgemesh.peer", node.Name))), "s", "Least round trip of the last minute, by node.");
    }

    /// <summary>A call is sent to a node.</summary>
    public void CountAttempt(AttemptReason reason) => _attempts.Add(1, Reasons[(int)reason]);

    /// <summary>One of the two nodes of a hedged call answered.</summary>
    public void CountHedge(bool hasWon) => _hedges.Add(1, hasWon ? Won : Lost);

    /// <summary>No node answered a call.</summary>
    public void CountUnanswered() => _unanswered.Add(1);

    /// <summary>A call ended at a node.</summary>
    /// <param name="start">When it began, by the clock's timestamp.</param>
    /// <param name="method">Its name; null: the mesh does not know it.</param>
    /// <param name="node">The node.</param>
    /// <param name="status">The node's; or what stands for the fault.</param>
    public void RecordCall(long start, string? method, NodeState node, GrpcStatusCode status)
    {
        if (!_calls.Enabled)
        {
            return;
        }

        var name = StatusNames.Of(status);
        ReadOnlySpan<KeyValuePair<string, object?>> tags =
        [
            GrpcSystem, new("rpc.method", method ?? OtherMethod), new("rpc.response.status_code", name), new("server.address", node.Address.Host), new("server.port", node.Address.Port), new("error.type", name),
        ];
        _calls.Record(node.Since(start).TotalSeconds, status == GrpcStatusCode.Ok ? tags[..^1] : tags);
    }

    /// <inheritdoc/>
    public void Dispose() => _owned?.Dispose();

    private static Measurement<long>[] CountNodes(NodePool pool)
    {
        var nodes = pool.Current.Nodes;
        var ejected = nodes.Count(node => node.IsEjected);
        var draining = nodes.Count(node => node is { IsDraining: true, IsEjected: false });
        return [Measure(nodes.Length - ejected - draining, "ready"), Measure(draining, "draining"), Measure(ejected, "ejected")];

        static Measurement<long> Measure(long value, string state) => new(value, new KeyValuePair<string, object?>("edgemesh.node.state", state));
    }
}

/// <summary>Why a call is sent to a node.</summary>
internal enum AttemptReason
{
    /// <summary>It has been nowhere.</summary>
    First,

    /// <summary>Another node failed.</summary>
    Retry,

    /// <summary>Another node is slow.</summary>
    Hedge,
}
