using System.Diagnostics;
using System.Globalization;
using EdgeMesh.Relay.Calls;
using EdgeMesh.Relay.Methods;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.Wire;

namespace EdgeMesh.Relay.Telemetry;

/// <summary>What is noted of one call to an upstream: its span, its duration, whether upstream was there.</summary>
/// <remarks>
/// Ends once, by the first of <see cref="End"/> and <see cref="Fail"/>; later ones do nothing. A fill's may be ended by its leader or by the fill, whoever lets the answer go last.
/// </remarks>
internal sealed class UpstreamCall
{
    private readonly CallTelemetry _telemetry;
    private readonly Upstream _upstream;
    private readonly MethodState? _method;
    private readonly string _path;
    private readonly long _start;
    private readonly Activity? _span;
    private int _hasEnded;

    private UpstreamCall(CallTelemetry telemetry, Upstream upstream, MethodState? method, string path, HttpRequestMessage request)
    {
        (_telemetry, _upstream, _method, _path) = (telemetry, upstream, method, path);
        _start = telemetry.Time.GetTimestamp();
        _span = RelaySpans.StartClient(request, upstream);
    }

    /// <summary>A call begins: to be called right before it is sent.</summary>
    /// <param name="telemetry">The relay's.</param>
    /// <param name="upstream">Where it goes.</param>
    /// <param name="method">What is known of its method.</param>
    /// <param name="path"><c>/package.Service/Method</c>.</param>
    /// <param name="request">Gets the span's context, when there is a span.</param>
    public static UpstreamCall Begin(CallTelemetry telemetry, Upstream upstream, MethodState? method, string path, HttpRequestMessage request) => new(telemetry, upstream, method, path, request);

    /// <summary>The answer's last byte came, or what was left of it is not wanted: then there is no status, which counts as CANCELLED.</summary>
    public void End(HttpResponseMessage response)
    {
        var status = ReadStatus(response.Headers.NonValidated) ?? ReadStatus(response.TrailingHeaders.NonValidated);
        End(status ?? GrpcStatusCode.Cancelled, isUp: true);
    }

    /// <summary>It failed.</summary>
    /// <param name="exception">What the handler threw.</param>
    /// <param name="isOver">Whether the caller's time was up, or nobody waits: upstream is not to blame.</param>
    /// <param name="timedOut">Of these, the first.</param>
    public void Fail(Exception exception, bool isOver, bool timedOut)
    {
        if (isOver)
        {
            End(timedOut ? GrpcStatusCode.DeadlineExceeded : GrpcStatusCode.Cancelled, isUp: null);
            return;
        }

        var fault = RelayFault.FromUpstream(exception, string.Empty, _upstream);
        End(fault.Code, fault.IsUpstream ? false : null);
    }

    private static GrpcStatusCode? ReadStatus(System.Net.Http.Headers.HttpHeadersNonValidated fields)
    {
        if (!fields.TryGetValues(HeaderNames.GrpcStatus, out var values))
        {
            return null;
        }

        return int.TryParse(values.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var code) && code <= (int)GrpcStatusCode.Unauthenticated ? (GrpcStatusCode)code : GrpcStatusCode.Unknown;
    }

    private void End(GrpcStatusCode status, bool? isUp)
    {
        if (Interlocked.Exchange(ref _hasEnded, 1) != 0)
        {
            return;
        }

        if (isUp is { } known)
        {
            _upstream.IsUp = known;
        }

        _telemetry.Meters?.RecordClient(_telemetry.Time.GetElapsedTime(_start), _method?.Name, status, _upstream);
        if (_span is not null)
        {
            RelaySpans.EndClient(_span, _method?.Name, _path, status);
        }
    }
}
