using System.Globalization;
using EdgeMesh.Relay.Methods;
using EdgeMesh.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EdgeMesh.Relay.Telemetry;

/// <summary>Notes every call of a relay: when it begins, and what became of it.</summary>
/// <remarks>Thread-safe. On the way of a hit it allocates nothing and takes no lock.</remarks>
/// <param name="counters">Count it.</param>
/// <param name="methods">Say which names are real.</param>
/// <param name="log">Gets a line for each call; null: nobody does.</param>
/// <param name="time">The clock of durations.</param>
internal sealed class CallTelemetry(RelayCounters counters, MethodTable methods, AccessLog? log, TimeProvider time)
{
    private const string NotGrpc = "not-grpc";

    // Of the relay that used the thread last: with several in a process they take turns.
    [ThreadStatic]
    private static CallRecord? _free;

    /// <summary>The counters.</summary>
    public RelayCounters Counters => counters;

    /// <summary>The clock of durations.</summary>
    public TimeProvider Time => time;

    /// <summary>The instruments; null until the relay is part of a server.</summary>
    public RelayMeters? Meters { get; set; }

    /// <summary>A call begins.</summary>
    public CallRecord Begin(string path)
    {
        counters.BeginCall();
        var free = _free;
        _free = null;
        var call = free is not null && free.IsOf(counters) ? free : new CallRecord(counters);
        call.Reset(path, time.GetTimestamp());
        return call;
    }

    /// <summary>A call has ended, and nothing holds its record any more.</summary>
    public void End(CallRecord call, HttpContext context)
    {
        // 1. How it ended. Callers can make names up: those take no room in the table, and none in metrics.
        var status = call is { Outcome: CallOutcome.Hit, Reason: null } ? GrpcStatusCode.Ok : ReadStatus(context);
        var duration = time.GetElapsedTime(call.Start);
        if (status == GrpcStatusCode.Unimplemented)
        {
            methods.Forget(call.Path);
        }
        else if (status == GrpcStatusCode.Ok && call.Method is { Name: null } method)
        {
            methods.TryName(call.Path, method);
        }

        // 2. Count it.
        counters.EndCall(call.Outcome, status, duration);
        Meters?.RecordServer(duration, call.Method?.Name, status);
        if (call is { Outcome: CallOutcome.Bypass, Reason: { } reason })
        {
            counters.BypassReasons.Count(reason);
        }

        call.Shadow?.End(call.Outcome, call.SentBytes);

        // 3. Tell of it.
        if (log is { IsEnabled: true })
        {
            var connection = context.Connection;
            var trace = call.Span?.Id ?? (string?)context.Request.Headers[RelaySpans.TraceParent];
            log.Write(new AccessLogEntry(time.GetUtcNow(), connection.RemoteIpAddress, connection.RemotePort, call.Path, status, call.Outcome, call.Reason, call.ReceivedBytes, call.SentBytes, duration, trace));
        }

        if (call.Span is { } span)
        {
            RelaySpans.EndServer(span, call, status);
        }

        _free = call;
    }

    /// <summary>A request that is no gRPC call was refused: the access log has its line, with what a gRPC client makes of HTTP status 415. It counts nowhere.</summary>
    public void TellOfForeign(HttpContext context)
    {
        if (log is { IsEnabled: true })
        {
            var (connection, request) = (context.Connection, context.Request);
            log.Write(new AccessLogEntry(time.GetUtcNow(), connection.RemoteIpAddress, connection.RemotePort, request.Path.Value ?? string.Empty, GrpcStatusCode.Unknown, CallOutcome.Refused, NotGrpc, 0, 0, TimeSpan.Zero, request.Headers[RelaySpans.TraceParent]));
        }
    }

    /// <summary>What the caller was told; CANCELLED when it had gone before it could be.</summary>
    private static GrpcStatusCode ReadStatus(HttpContext context)
    {
        var told = context.Response.Headers[HeaderNames.GrpcStatus];
        if (told.Count == 0 && context.Features.Get<IHttpResponseTrailersFeature>() is { } trailers)
        {
            told = trailers.Trailers[HeaderNames.GrpcStatus];
        }

        if (told.Count == 0)
        {
            return context.RequestAborted.IsCancellationRequested ? GrpcStatusCode.Cancelled : GrpcStatusCode.Unknown;
        }

        return int.TryParse(told[0], NumberStyles.None, CultureInfo.InvariantCulture, out var code) && code <= (int)GrpcStatusCode.Unauthenticated ? (GrpcStatusCode)code : GrpcStatusCode.Unknown;
    }
}
