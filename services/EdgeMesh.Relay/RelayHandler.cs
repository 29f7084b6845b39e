using System.Buffers;
using System.Diagnostics.Metrics;
using EdgeMesh.Caching;
using EdgeMesh.Relay.Cache;
using EdgeMesh.Relay.Calls;
using EdgeMesh.Relay.Coherence;
using EdgeMesh.Relay.Metadata;
using EdgeMesh.Relay.Methods;
using EdgeMesh.Relay.Policies;
using EdgeMesh.Relay.Policies.Shadows;
using EdgeMesh.Relay.Telemetry;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.V1;
using EdgeMesh.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeMesh.Relay;

/// <summary>The data plane of a node: takes raw gRPC calls, and answers each from the store or from upstream.</summary>
/// <remarks>
/// Works on bytes, for services that it has never heard of. One per node; thread-safe. Steps of a call:
/// (1) is it gRPC; (2) note it; (3) where does it go; (4) its deadline; (5) is it unary, as far as can be told without
/// holding it back; (6) unary: <see cref="CachedCallHandler"/>; anything else: <see cref="CallForwarder"/>.
/// </remarks>
public sealed class RelayHandler
{
    private readonly RelayOptions _options;
    private readonly IUpstreamRouter _router;
    private readonly TimeProvider _time;
    private readonly CallForwarder _forwarder;
    private readonly CachedCallHandler? _cache;
    private readonly CallTelemetry _telemetry;
    private readonly SlowReaders _readers;
    private volatile PolicyModel _policy = PolicyModel.None;

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
        Counters = new RelayCounters(time);
        _telemetry = new CallTelemetry(Counters, Methods, options.AccessLog, time);
        _readers = new SlowReaders(options, time);
        _forwarder = new CallForwarder(options, _telemetry, _readers, isCache: store is not null);
        _cache = store is null ? null : new CachedCallHandler(options, store, _forwarder, _readers, _telemetry);
        if (_cache is not null && options.Applied is { } applied)
        {
            applied.Purged += _cache.Fills.Seal;
            applied.KeyMessage = (path, message) => RequestKey.KeyedPart(_policy.Find(path).Active, message);
        }
    }

    /// <summary>What was counted.</summary>
    public RelayCounters Counters { get; }

    /// <summary>What is known of methods; feed it declared shapes.</summary>
    public MethodTable Methods { get; } = new();

    /// <summary>What policy says of methods; calls that run end by what they began with.</summary>
    public PolicyModel Policy
    {
        get => _policy;
        set
        {
            _policy = value;
            PolicyChanged?.Invoke(value.Version);
        }
    }

    /// <summary>Told of the version of each policy when the next call follows it, on the thread that set it.</summary>
    public event Action<ulong>? PolicyChanged;

    /// <summary>Fills in flight that calls can join.</summary>
    internal int FillsInFlight => _cache?.Fills.Count ?? 0;

    /// <summary>What rules that are only tried would have done, by method.</summary>
    internal IEnumerable<KeyValuePair<string, ShadowCounts>> Shadows => _cache?.Shadows.All ?? [];

    /// <summary>Puts the relay before an application's own endpoints, which get the calls that <see cref="RelayRoute.Local"/> names.</summary>
    /// <remarks>The application's <see cref="IMeterFactory"/> owns the relay's meter.</remarks>
    public void Use(IApplicationBuilder app)
    {
        _telemetry.Meters = new RelayMeters(app.ApplicationServices.GetRequiredService<IMeterFactory>(), Counters, _cache?.Fills, _cache?.Shadows, _router, _readers, _options.AccessLog);
        app.Use(next => context => HandleAsync(context, next));
    }

    private Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        // 1. gRPC is POST with its media type; anything else gets an answer that any HTTP client shows.
        var request = context.Request;
        if (!HttpMethods.IsPost(request.Method) || request.ContentType is not { } contentType || !contentType.StartsWith(HeaderNames.GrpcContentType, StringComparison.OrdinalIgnoreCase))
        {
            _telemetry.TellOfForeign(context);
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return context.Response.WriteAsync($"{_options.NodeDescription} takes gRPC calls: POST with content-type application/grpc, got {request.Method} with \"{request.ContentType}\".\n");
        }

        // 2. Noted from here to its end, which a hit has reached when this returns.
        var call = _telemetry.Begin(request.Path.Value ?? string.Empty);
        if (RelaySpans.AreWanted)
        {
            return TraceAsync(context, next, call);
        }

        Task answering;
        try
        {
            answering = Answer(context, next, call);
        }
        catch (Exception exception)
        {
            answering = Task.FromException(exception);
        }

        if (answering.IsCompletedSuccessfully)
        {
            _telemetry.End(call, context);
            return Task.CompletedTask;
        }

        return GuardAsync(answering, context, call);
    }

    private async Task TraceAsync(HttpContext context, RequestDelegate next, CallRecord call)
    {
        call.Span = RelaySpans.StartServer(context);
        await GuardAsync(Answer(context, next, call), context, call).ConfigureAwait(false);
    }

    /// <summary>Answers a call, a hit before this returns: it waits for nothing, and so costs no state machine.</summary>
    private Task Answer(HttpContext context, RequestDelegate next, CallRecord call)
    {
        // 3. Where it goes.
        //    A path that decodes to another, or has a query, could be one thing to the key and another to the origin.
        if (!call.Path.Equals(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget, StringComparison.Ordinal))
        {
            return _forwarder.AnswerAsync(context, new RelayFault(GrpcStatusCode.Unimplemented, $"the path must be /package.Service/Method as it is, without escapes or query, got {NodeNames.Quote(call.Path)}"), cacheStatus: null);
        }

        //    Nor may it come round again; what a node asks is answered as of what this one has applied.
        if (CdnLoop.Read(context) is { Count: > 0 } passed)
        {
            if (CdnLoop.FindRefusal(passed, _options.NodeName) is { } loop)
            {
                return _forwarder.AnswerAsync(context, new RelayFault(GrpcStatusCode.FailedPrecondition, $"{_options.NodeDescription}: {loop}"), cacheStatus: null);
            }

            call.IsFromNode = true;
            if (_options.Log?.Head is { } head)
            {
                context.Response.Headers[ResponseMetadata.AsOf] = AppliedLog.Show(head.Epoch, head.Sequence);
            }
        }

        var route = _router.Route(call.Path);
        if (route.Upstream is not { } upstream)
        {
            if (route.Refusal != GrpcStatusCode.Ok)
            {
                return _forwarder.AnswerAsync(context, new RelayFault(route.Refusal, route.Message ?? string.Empty), cacheStatus: null);
            }

            call.Decide(CallOutcome.Local);
            if (!_options.IsTransparent)
            {
                StatusResponse.SetNode(context, _options.NodeName);
            }

            call.Method = Methods.Get(call.Path, out _);
            return next(context);
        }

        // 4. Its deadline.
        var request = context.Request;
        var headers = request.Headers;
        if (!CallDeadline.TryStart(headers.GrpcTimeout, _time, out var deadline))
        {
            return RefuseAsync(context, $"{HeaderNames.GrpcTimeout} must be 1 to 8 digits and one of H, M, S, m, u, n, got \"{headers.GrpcTimeout}\"");
        }

        // 5. Whole already? Most are: one message, and the end of the stream.
        var method = call.Method = Methods.Get(call.Path, out var isDeclared);
        var policy = method.Bind(_policy, call.Path);
        isDeclared |= policy.Active is { Flow: MethodFlow.Unary };
        if (!UnaryRequest.TryRead(request.BodyReader, _options.MaxKeyedMessageBytes, out var frame))
        {
            return RelayAsync(context, upstream, method, policy, isDeclared, deadline, call);
        }

        method.Observe(MethodKind.Unary);
        if (FindBypass(context, method, policy) is { } reason)
        {
            // Sent from memory, it needs none of what follows a request that is still coming.
            var body = frame.ToArray();
            request.BodyReader.AdvanceTo(frame.End);
            call.Received(body.Length);
            return BypassAsync(context, upstream, new BufferedContent(body), reason, deadline, call);
        }

        return _cache!.TryHit(context, frame, policy, call.Start, call) is { } lookup
            ? _cache.HandleAsync(context, lookup, frame, upstream, method, deadline, call)
            : Task.CompletedTask;
    }

    private async Task GuardAsync(Task answering, HttpContext context, CallRecord call)
    {
        try
        {
            await answering.ConfigureAwait(false);
        }
        catch (InvalidMetadataException invalid)
        {
            await RefuseAsync(context, invalid.Message).ConfigureAwait(false);
        }
        finally
        {
            _telemetry.End(call, context);
        }
    }

    /// <summary>Why a call is not looked up; null: it may be.</summary>
    private string? FindBypass(HttpContext context, MethodState method, PolicyBinding policy) => _cache is null
        ? "no-store"
        : policy.FindBypass(method.Kind == MethodKind.Streaming, context.Request.Headers[RequestMetadata.PolicyField]);

    private async Task RelayAsync(HttpContext context, Upstream upstream, MethodState method, PolicyBinding policy, bool isDeclared, CallDeadline deadline, CallRecord call)
    {
        var reason = FindBypass(context, method, policy);
        if (reason is null)
        {
            if (await TryUnaryAsync(_cache!, context, upstream, method, policy, isDeclared, deadline, call).ConfigureAwait(false))
            {
                return;
            }

            reason = method.Kind == MethodKind.Streaming ? "streaming" : "not-unary";
        }

        // 6. Anything else goes on as it comes.
        await BypassAsync(context, upstream, new DuplexContent(context.Request.BodyReader, call), reason, deadline, call).ConfigureAwait(false);
    }

    private Task BypassAsync(HttpContext context, Upstream upstream, HttpContent content, string reason, CallDeadline deadline, CallRecord call)
    {
        var status = _cache is null ? null : $"{_options.NodeName}; fwd=bypass; detail={reason}";
        call.Decide(CallOutcome.Bypass, reason);
        return _forwarder.ForwardAsync(context, upstream, content, deadline, status, call);
    }

    /// <summary>Waits, within bounds, for a unary request to be whole, and answers it.</summary>
    /// <returns>False when it is something else, nothing of which was consumed.</returns>
    private async Task<bool> TryUnaryAsync(CachedCallHandler cache, HttpContext context, Upstream upstream, MethodState method, PolicyBinding policy, bool isDeclared, CallDeadline deadline, CallRecord call)
    {
        RequestShape shape;
        ReadOnlySequence<byte> frame;
        bool isCut;
        try
        {
            // An origin that declares caching says that the method is unary: in a rush of callers, late messages are waited for as if a descriptor said so.
            var wait = isDeclared || (method.Kind == MethodKind.Unary && method.HasDeclaredCaching) ? _options.DeclaredUnaryWait
                : method.Kind == MethodKind.Suspected ? _options.SuspectedWait
                : _options.UnaryWait;
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
        if (cache.TryHit(context, frame, policy, _time.GetTimestamp(), call) is { } lookup)
        {
            await cache.HandleAsync(context, lookup, frame, upstream, method, deadline, call).ConfigureAwait(false);
        }

        return true;
    }

    private Task RefuseAsync(HttpContext context, string message) =>
        _forwarder.AnswerAsync(context, new RelayFault(GrpcStatusCode.InvalidArgument, message), cacheStatus: null);
}
