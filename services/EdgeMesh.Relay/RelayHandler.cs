using System.Buffers;
using EdgeMesh.Caching;
using EdgeMesh.Relay.Cache;
using EdgeMesh.Relay.Calls;
using EdgeMesh.Relay.Metadata;
using EdgeMesh.Relay.Methods;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace EdgeMesh.Relay;

/// <summary>The data plane of a node: takes raw gRPC calls, and answers each from the store or from upstream.</summary>
/// <remarks>
/// Works on bytes, for services that it has never heard of. One per node; thread-safe. Steps of a call:
/// (1) is it gRPC; (2) where does it go; (3) its deadline; (4) is it unary, as far as can be told without
/// holding it back; (5) unary: <see cref="CachedCallHandler"/>; anything else: <see cref="CallForwarder"/>.
/// </remarks>
public sealed class RelayHandler
{
    private const string UnimplementedStatus = "12";

    private readonly RelayOptions _options;
    private readonly IUpstreamRouter _router;
    private readonly TimeProvider _time;
    private readonly CallForwarder _forwarder;
    private readonly CachedCallHandler? _cache;

    /// <summary>Makes the data plane of a node.</summary>
    /// <param name="options">How it relays.</param>
    /// <param name="router">Where calls go.</param>
    /// <param name="store">Where answers are kept; null: every call is relayed.</param>
    /// <param name="time">The clock of deadlines and lifetimes.</param>
    public RelayHandler(RelayOptions options, IUpstreamRouter router, ICacheStore? store, TimeProvider time)
    {
        _options = options;
        _router = router;
        _time = time;
        _forwarder = new CallForwarder(options, Counters, isCache: store is not null);
        _cache = store is null ? null : new CachedCallHandler(options, store, _forwarder, Counters, time);
    }

    /// <summary>What was counted.</summary>
    public RelayCounters Counters { get; } = new();

    /// <summary>What is known of methods; feed it declared shapes.</summary>
    public MethodTable Methods { get; } = new();

    /// <summary>Puts the relay before an application's own endpoints, which get the calls that <see cref="RelayRoute.Local"/> names.</summary>
    public void Use(IApplicationBuilder app) => app.Use(next => context => HandleAsync(context, next));

    private Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        // 1. gRPC is POST with its media type; anything else gets an answer that any HTTP client shows.
        var request = context.Request;
        if (!HttpMethods.IsPost(request.Method) || request.ContentType is not { } contentType || !contentType.StartsWith(HeaderNames.GrpcContentType, StringComparison.OrdinalIgnoreCase))
        {
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return context.Response.WriteAsync($"{_options.NodeDescription} takes gRPC calls: POST with content-type application/grpc, got {request.Method} with \"{request.ContentType}\".\n");
        }

        // 2. Where it goes.
        //    A path that decodes to another, or has a query, could be one thing to the key and another to the origin.
        var path = context.Request.Path.Value ?? string.Empty;
        if (!path.Equals(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget, StringComparison.Ordinal))
        {
            return _forwarder.AnswerAsync(context, new RelayFault(GrpcStatusCode.Unimplemented, $"the path must be /package.Service/Method as it is, without escapes or query, got {NodeNames.Quote(path)}"), cacheStatus: null);
        }

        var route = _router.Route(path);
        if (route.Upstream is { } upstream)
        {
            return AnswerAsync(context, path, upstream);
        }

        return route.Refusal == GrpcStatusCode.Ok
            ? next(context)
            : _forwarder.AnswerAsync(context, new RelayFault(route.Refusal, route.Message ?? string.Empty), cacheStatus: null);
    }

    /// <summary>Answers a call, a hit before this returns: it waits for nothing, and so costs no state machine.</summary>
    private Task AnswerAsync(HttpContext context, string path, Upstream upstream)
    {
        // 3. Its deadline.
        var request = context.Request;
        if (!CallDeadline.TryStart(request.Headers[HeaderNames.GrpcTimeout], _time, out var deadline))
        {
            return RefuseAsync(context, $"{HeaderNames.GrpcTimeout} must be 1 to 8 digits and one of H, M, S, m, u, n, got \"{request.Headers[HeaderNames.GrpcTimeout]}\"");
        }

        //    A relayed call has the limits of the nodes at its ends, not of this server.
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } dataRate)
        {
            dataRate.MinDataRate = null;
        }

        if (_cache is null)
        {
            return GuardAsync(RelayAsync(context, path, upstream, method: null, isDeclared: false, deadline), context, path);
        }

        // 4. Unary, and whole already? Most are.
        var method = Methods.Get(path, out var isDeclared);
        if (method.Kind == MethodKind.Streaming || !UnaryRequest.TryRead(request.BodyReader, _options.MaxKeyedMessageBytes, out var frame))
        {
            return GuardAsync(RelayAsync(context, path, upstream, method, isDeclared, deadline), context, path);
        }

        method.Observe(MethodKind.Unary);
        return _cache.TryHit(context, path, frame, out var lookup)
            ? Task.CompletedTask
            : GuardAsync(_cache.HandleAsync(context, lookup, frame, upstream, method, deadline), context, path);
    }

    private async Task GuardAsync(Task answering, HttpContext context, string path)
    {
        try
        {
            await answering.ConfigureAwait(false);
            if (context.Response.Headers[HeaderNames.GrpcStatus] == UnimplementedStatus)
            {
                // Callers can make names up: those take no room in the table.
                Methods.Forget(path);
            }
        }
        catch (InvalidMetadataException invalid)
        {
            await RefuseAsync(context, invalid.Message).ConfigureAwait(false);
        }
    }

    private async Task RelayAsync(HttpContext context, string path, Upstream upstream, MethodState? method, bool isDeclared, CallDeadline deadline)
    {
        if (method is not null && method.Kind != MethodKind.Streaming && await TryUnaryAsync(context, path, upstream, method, isDeclared, deadline).ConfigureAwait(false))
        {
            return;
        }

        // 5. Anything else goes on as it comes.
        Counters.CountBypass();
        var status = method is null ? null : $"{_options.NodeName}; fwd=bypass; detail={(method.Kind == MethodKind.Streaming ? "streaming" : "not-unary")}";
        await _forwarder.ForwardAsync(context, upstream, new DuplexContent(context.Request.BodyReader), deadline, status, method).ConfigureAwait(false);
    }

    /// <summary>Waits, within bounds, for a unary request to be whole, and answers it.</summary>
    /// <returns>False when it is something else, nothing of which was consumed.</returns>
    private async Task<bool> TryUnaryAsync(HttpContext context, string path, Upstream upstream, MethodState method, bool isDeclared, CallDeadline deadline)
    {
        RequestShape shape;
        ReadOnlySequence<byte> frame;
        bool isCut;
        try
        {
            var wait = isDeclared ? _options.DeclaredUnaryWait : method.Kind == MethodKind.Suspected ? _options.SuspectedWait : _options.UnaryWait;
            isCut = deadline.IsSet && deadline.Remaining < wait;
            if (isCut)
            {
                wait = deadline.Remaining;
            }

            (shape, frame) = await UnaryRequest.ReadAsync(context.Request.BodyReader, _options.MaxKeyedMessageBytes, wait, _time, context.RequestAborted).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            // The caller has gone before its request was whole: there is no one to answer.
            return true;
        }

        if (shape != RequestShape.Unary)
        {
            if (!isDeclared && !(isCut && shape == RequestShape.Open))
            {
                method.Observe(shape switch { RequestShape.Streaming => MethodKind.Streaming, RequestShape.Open => MethodKind.Suspected, _ => method.Kind });
            }

            return false;
        }

        method.Observe(MethodKind.Unary);
        if (!_cache!.TryHit(context, path, frame, out var lookup))
        {
            await _cache.HandleAsync(context, lookup, frame, upstream, method, deadline).ConfigureAwait(false);
        }

        return true;
    }

    private Task RefuseAsync(HttpContext context, string message) =>
        _forwarder.AnswerAsync(context, new RelayFault(GrpcStatusCode.InvalidArgument, message), cacheStatus: null);
}
