using EdgeMesh.Relay.Metadata;
using EdgeMesh.Relay.Methods;
using EdgeMesh.Relay.Telemetry;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.Wire;
using Microsoft.AspNetCore.Http;

namespace EdgeMesh.Relay.Calls;

/// <summary>Carries one call to an upstream and its answer back, unchanged; nothing is stored.</summary>
/// <remarks>
/// <code>
/// caller --body--> PipeReader --> DuplexContent --> SocketsHttpHandler --> upstream
/// caller [- headers, body, trailers -] PipeWriter [- CopyBodyAsync [- response stream -] upstream
/// </code>
/// Stateless but for its counters; thread-safe.
/// </remarks>
internal sealed class CallForwarder(RelayOptions options, CallTelemetry telemetry, SlowReaders readers, bool isCache)
{
    /// <summary>Sends a request and relays its answer.</summary>
    /// <param name="content">The body: <see cref="DuplexContent"/> or <see cref="BufferedContent"/>.</param>
    /// <param name="deadline">The caller's.</param>
    /// <param name="cacheStatus">What to say in <c>cache-status</c>; null: nothing.</param>
    /// <param name="call">Notes what passes; its method, if known, learns what the call shows.</param>
    public async Task ForwardAsync(HttpContext context, Upstream upstream, HttpContent content, CallDeadline deadline, string? cacheStatus, CallRecord call)
    {
        using var lifetime = deadline.Begin(context.RequestAborted);
        using var request = UpstreamRequest.Create(context, upstream, content, deadline.IsSet ? deadline.Remaining : null);
        var sent = UpstreamCall.Begin(telemetry, upstream, call.Method, call.Path, request);
        try
        {
            using var response = await upstream.SendAsync(request, options.Applied, lifetime.Token).ConfigureAwait(false);
            if (content is DuplexContent body)
            {
                body.ObserveAnswer();
                if (body.IsUnarySoFar)
                {
                    call.Method?.Observe(MethodKind.Unary);
                }
            }

            using var answer = await response.Content.ReadAsStreamAsync(lifetime.Token).ConfigureAwait(false);
            await RelayAsync(context, upstream, response, answer, cacheStatus, call, lifetime.Token).ConfigureAwait(false);
            sent.End(response);
        }
        catch (Exception exception)
        {
            sent.Fail(exception, isOver: lifetime.Token.IsCancellationRequested, lifetime.TimedOut);
            await FailAsync(context, upstream, exception, lifetime.TimedOut).ConfigureAwait(false);
        }
        finally
        {
            if (content is DuplexContent duplex)
            {
                await duplex.StopAsync().ConfigureAwait(false);
                if (duplex.IsStreaming)
                {
                    call.Method?.Observe(MethodKind.Streaming);
                }
            }
        }
    }

    /// <summary>Relays an answer whose headers have come.</summary>
    public async Task RelayAsync(HttpContext context, Upstream upstream, HttpResponseMessage response, Stream body, string? cacheStatus, CallRecord call, CancellationToken cancellationToken)
    {
        if (ResponseRelay.CheckIsGrpc(response, options.NodeDescription, upstream) is { } fault)
        {
            AddNodeFields(context, cacheStatus, options.NodeName);
            await StatusResponse.WriteAsync(context, fault).ConfigureAwait(false);
            return;
        }

        BeginAnswer(context, upstream, response, cacheStatus, call.IsFromNode);
        await RelayBodyAsync(context, upstream, response, body, new MessageCounterBox(call), call.Method, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Relays what is left of an answer: its body from where it stands, and trailers.</summary>
    public async Task RelayBodyAsync(HttpContext context, Upstream upstream, HttpResponseMessage response, Stream body, MessageCounterBox counter, MethodState? method, CancellationToken cancellationToken)
    {
        if (ResponseRelay.IsTrailersOnly(response))
        {
            // Wait for the end, so that a reset after the headers is not taken for a clean one.
            await body.CopyToAsync(Stream.Null, cancellationToken).ConfigureAwait(false);
            return;
        }

        await ResponseRelay.CopyBodyAsync(body, context, counter, readers, cancellationToken).ConfigureAwait(false);
        if (counter.Begun > 1)
        {
            method?.Observe(MethodKind.Streaming);
        }

        await EndAnswerAsync(context, upstream, response).ConfigureAwait(false);
    }

    /// <summary>Copies an answer's headers; nothing is sent yet.</summary>
    /// <param name="isForNode">Whether a node asked.</param>
    public void BeginAnswer(HttpContext context, Upstream upstream, HttpResponseMessage response, string? cacheStatus, bool isForNode)
    {
        ResponseRelay.CopyHeaders(response, context.Response);
        if (options.Applied is not null && isForNode && response.Headers.NonValidated.TryGetValues(ResponseMetadata.AsOf, out var asOf))
        {
            context.Response.Headers[ResponseMetadata.AsOf] = asOf.ToString();
        }

        AddNodeFields(context, cacheStatus, NodeOf(upstream, response));
    }

    /// <summary>Relays an answer's trailers after its body's end. The server sends them when the call's handler returns: waiting for that here would cost a turn of the thread pool.</summary>
    public Task EndAnswerAsync(HttpContext context, Upstream upstream, HttpResponseMessage response) => ResponseRelay.CopyTrailers(response, context)
        ? Task.CompletedTask
        : StatusResponse.WriteAsync(context, new RelayFault(GrpcStatusCode.Unknown, $"{options.NodeDescription}: {upstream} ended the call without grpc-status"));

    /// <summary>Tells the caller of a failure, if it is still there.</summary>
    public async Task FailAsync(HttpContext context, Upstream upstream, Exception exception, bool timedOut)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        RelayFault fault;
        if (timedOut)
        {
            fault = RelayFault.DeadlineExceeded(options.NodeDescription);
        }
        else
        {
            fault = RelayFault.FromUpstream(exception, options.NodeDescription, upstream);
            if (fault.IsUpstream)
            {
                telemetry.Counters.CountUpstreamFailure();
            }
        }

        await AnswerAsync(context, fault, isCache ? $"{options.NodeName}; fwd=miss; detail={(timedOut ? "deadline" : "failed")}" : null).ConfigureAwait(false);
    }

    /// <summary>Answers with a status of this node's own.</summary>
    public async Task AnswerAsync(HttpContext context, RelayFault fault, string? cacheStatus)
    {
        await StatusResponse.SendBegunAsync(context).ConfigureAwait(false);
        if (!context.Response.HasStarted)
        {
            context.Response.Headers.Clear();
            AddNodeFields(context, cacheStatus, options.NodeName);
        }

        await StatusResponse.WriteAsync(context, fault).ConfigureAwait(false);
    }

    /// <summary>The node that an answer is said to come from; null: none.</summary>
    private string? NodeOf(Upstream upstream, HttpResponseMessage response) =>
        (options.IsTransparent || (options.NamesUpstreamNodes && upstream.IsNode)) && response.Headers.NonValidated.TryGetValues(ResponseMetadata.Node, out var names) ? names.ToString()
        : options.IsTransparent ? null
        : options.NodeName;

    private static void AddNodeFields(HttpContext context, string? cacheStatus, string? node)
    {
        StatusResponse.SetNode(context, node);
        if (cacheStatus is not null)
        {
            // RFC 9211 section 2: each cache on the way appends its own.
            context.Response.Headers.Append(ResponseMetadata.CacheStatus, cacheStatus);
        }
    }
}
