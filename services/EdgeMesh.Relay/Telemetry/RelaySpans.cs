using System.Diagnostics;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.Wire;
using Microsoft.AspNetCore.Http;

namespace EdgeMesh.Relay.Telemetry;

/// <summary>The spans of a relay, by OpenTelemetry's semantic conventions for RPC, and W3C Trace Context on the wire.</summary>
/// <remarks>
/// <code>
/// caller's span - server span --- client span ------------------> next node's server span    a relayed call
///                             '-- fill span --- client span ----> next node's server span    a miss; who waits for it has a link to the fill
/// </code>
/// While nobody listens to the source there are no spans, and the caller's <c>traceparent</c> and <c>tracestate</c> pass unchanged, as they do for a call that
/// a sampler leaves out. Thread-safe.
/// </remarks>
internal static class RelaySpans
{
    /// <summary>The source's name.</summary>
    public const string Name = "EdgeMesh.Relay";

    /// <summary>W3C Trace Context, Level 1.</summary>
    public const string TraceParent = "traceparent";

    /// <inheritdoc cref="TraceParent"/>
    public const string TraceState = "tracestate";

    private static readonly ActivitySource Source = new(Name);

    /// <summary>Whether someone wants spans.</summary>
    public static bool AreWanted => Source.HasListeners();

    /// <summary>Begins the span of a call here; the running async method's current span from then on.</summary>
    public static Activity? StartServer(HttpContext context)
    {
        var headers = context.Request.Headers;
        var hasParent = ActivityContext.TryParse(headers[TraceParent], headers[TraceState], isRemote: true, out var parent);
        var span = Source.StartActivity("grpc", ActivityKind.Server, hasParent ? parent : default);
        return span?.SetTag("rpc.system.name", "grpc").SetTag("client.address", context.Connection.RemoteIpAddress?.ToString());
    }

    /// <summary>Ends it.</summary>
    public static void EndServer(Activity span, CallRecord call, GrpcStatusCode status)
    {
        SetMethod(span, call.Method?.Name, call.Path);
        span.SetTag("rpc.response.status_code", StatusNames.Of(status)).SetTag("edgemesh.outcome", call.Outcome.ToString().ToLowerInvariant());
        if (call.Reason is not null)
        {
            span.SetTag("edgemesh.reason", call.Reason);
        }

        SetStatus(span, status, RelayCounters.IsServerFault(status));
        span.Dispose();
    }

    /// <summary>Begins the span of a fill, which may outlive the call that began it.</summary>
    public static Activity? StartFill() => AreWanted ? Source.StartActivity("fill", ActivityKind.Internal) : null;

    /// <summary>The running call waited for this fill.</summary>
    public static void LinkTo(ActivityContext fill)
    {
        if (fill != default)
        {
            Activity.Current?.AddLink(new ActivityLink(fill));
        }
    }

    /// <summary>Begins the span of a call upstream and makes it the parent of what happens there.</summary>
    public static Activity? StartClient(HttpRequestMessage request, Upstream upstream)
    {
        if (!AreWanted || Source.StartActivity("grpc", ActivityKind.Client) is not { } span)
        {
            return null;
        }

        span.SetTag("rpc.system.name", "grpc").SetTag("server.address", upstream.Address.Host).SetTag("server.port", upstream.Address.Port);
        request.Headers.Remove(TraceParent);
        request.Headers.Remove(TraceState);
        request.Headers.TryAddWithoutValidation(TraceParent, span.Id);
        if (span.TraceStateString is { Length: > 0 } state)
        {
            request.Headers.TryAddWithoutValidation(TraceState, state);
        }

        return span;
    }

    /// <summary>Ends it.</summary>
    public static void EndClient(Activity span, string? method, string path, GrpcStatusCode status)
    {
        SetMethod(span, method, path);
        span.SetTag("rpc.response.status_code", StatusNames.Of(status));
        SetStatus(span, status, status != GrpcStatusCode.Ok);
        span.Dispose();
    }

    private static void SetMethod(Activity span, string? method, string path)
    {
        // The conventions: a name that may be made up is not a span's name.
        if (method is null)
        {
            span.SetTag("rpc.method", RelayMeters.OtherMethod).SetTag("rpc.method_original", path.TrimStart('/'));
            return;
        }

        span.DisplayName = method;
        span.SetTag("rpc.method", method);
    }

    private static void SetStatus(Activity span, GrpcStatusCode status, bool isError)
    {
        if (isError)
        {
            span.SetTag("error.type", StatusNames.Of(status)).SetStatus(ActivityStatusCode.Error);
        }
    }
}
