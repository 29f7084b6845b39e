using System.Globalization;
using EdgeMesh.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EdgeMesh.Relay.Telemetry;

/// <summary>Notes every call of a relay: when it begins, and what became of it.</summary>
/// <remarks>Thread-safe. On the way of a hit it allocates nothing and takes no lock.</remarks>
internal sealed class CallTelemetry(RelayCounters counters, TimeProvider time)
{
    // Of the relay that used the thread last: with several in a process they take turns.
    [ThreadStatic]
    private static CallRecord? _free;

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
    /// <returns>Its status.</returns>
    public GrpcStatusCode End(CallRecord call, HttpContext context)
    {
        var status = call.Outcome == CallOutcome.Hit ? GrpcStatusCode.Ok : ReadStatus(context);
        counters.EndCall(call.Outcome, status, time.GetElapsedTime(call.Start));
        if (call is { Outcome: CallOutcome.Bypass, Reason: { } reason })
        {
            counters.BypassReasons.Count(reason);
        }

        _free = call;
        return status;
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
