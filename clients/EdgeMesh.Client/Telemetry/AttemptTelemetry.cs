using System.Diagnostics;
using EdgeMesh.Client.Nodes;
using EdgeMesh.Wire;

namespace EdgeMesh.Client.Telemetry;

/// <summary>The span and the measurement of sending a call to one node.</summary>
/// <remarks>The span is the parent of what happens at the node: its identity goes there in place of the caller's. Ended once, by whoever sees the end.</remarks>
internal readonly struct AttemptTelemetry
{
    private const string TraceParent = "traceparent";
    private const string TraceState = "tracestate";

    private static readonly ActivitySource Source = new(ClientMeters.Name);

    private readonly ClientMeters _meters;
    private readonly NodeState _node;
    private readonly string? _method;
    private readonly long _start;
    private readonly Activity? _span;

    private AttemptTelemetry(ClientMeters meters, NodeState node, long start, string? method, Activity? span) => (_meters, _node, _start, _method, _span) = (meters, node, start, method, span);

    /// <summary>Begins both.</summary>
    /// <param name="meters">Where it is counted.</param>
    /// <param name="node">Where the call goes.</param>
    /// <param name="start">When it began there, as <see cref="NodeState.Begin"/> said.</param>
    /// <param name="method">Its name; null: the mesh does not know it.</param>
    /// <param name="reason">Why it goes there.</param>
    /// <param name="copy">What is sent: its trace fields become the span's.</param>
    public static AttemptTelemetry Begin(ClientMeters meters, NodeState node, long start, string? method, AttemptReason reason, HttpRequestMessage copy)
    {
        meters.CountAttempt(reason);
        var span = Source.HasListeners() ? Source.StartActivity(method ?? "grpc", ActivityKind.Client) : null;
        if (span is not null)
        {
            span.SetTag("rpc.system.name", "grpc").SetTag("rpc.method", method ?? ClientMeters.OtherMethod).SetTag("server.address", node.Address.Host).SetTag("server.port", node.Address.Port)
                .SetTag("edgemesh.peer", node.Name).SetTag("edgemesh.attempt.reason", reason.ToString().ToLowerInvariant());
            if (method is null)
            {
                // The conventions: a name that may be made up is not a span's name.
                span.SetTag("rpc.method_original", copy.RequestUri!.AbsolutePath.TrimStart('/'));
            }

            copy.Headers.Remove(TraceParent);
            copy.Headers.Remove(TraceState);
            copy.Headers.TryAddWithoutValidation(TraceParent, span.Id);
            if (span.TraceStateString is { Length: > 0 } state)
            {
                copy.Headers.TryAddWithoutValidation(TraceState, state);
            }
        }

        return new AttemptTelemetry(meters, node, start, method, span);
    }

    /// <summary>Ends both.</summary>
    /// <param name="status">The node's; or what stands for the fault.</param>
    public void End(GrpcStatusCode status)
    {
        _meters.RecordCall(_start, _method, _node, status);
        if (_span is { } span)
        {
            span.SetTag("rpc.response.status_code", StatusNames.Of(status));
            if (status != GrpcStatusCode.Ok)
            {
                span.SetTag("error.type", StatusNames.Of(status)).SetStatus(ActivityStatusCode.Error);
            }

            span.Dispose();
        }
    }
}
