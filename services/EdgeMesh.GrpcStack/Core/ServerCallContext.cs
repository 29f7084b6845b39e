namespace Grpc.Core;

/// <summary>A call as its handler sees it.</summary>
/// <remarks>Lives as long as the call. Not safe for concurrent use, but for <see cref="CancellationToken"/>.</remarks>
public abstract class ServerCallContext
{
    /// <summary>The method's path: <c>/service/method</c>.</summary>
    public string Method => MethodCore;

    /// <summary>The <c>:authority</c> that the caller named.</summary>
    public string Host => HostCore;

    /// <summary>The caller's address, like <c>ipv4:127.0.0.1:5000</c>.</summary>
    public string Peer => PeerCore;

    /// <summary>When the caller gives up, in UTC; <see cref="DateTime.MaxValue"/> if it did not say.</summary>
    public DateTime Deadline => DeadlineCore;

    /// <summary>Request metadata, frozen. Names that gRPC or HTTP/2 itself uses are not in it.</summary>
    public Metadata RequestHeaders => RequestHeadersCore;

    /// <summary>Fires when the call is over for the caller: it cancelled, its deadline passed, or its connection broke.</summary>
    public CancellationToken CancellationToken => CancellationTokenCore;

    /// <summary>Trailers to send with the status.</summary>
    public Metadata ResponseTrailers => ResponseTrailersCore;

    /// <summary>The status to end the call with when the handler returns.</summary>
    public Status Status
    {
        get => StatusCore;
        set => StatusCore = value;
    }

    /// <summary>How answers are written; null for the service's own options.</summary>
    public WriteOptions? WriteOptions
    {
        get => WriteOptionsCore;
        set => WriteOptionsCore = value;
    }

    /// <summary>Who the caller is, as far as TLS has proved it.</summary>
    public AuthContext AuthContext => AuthContextCore;

    /// <summary>Whatever the handler and its wrappers want to keep with the call.</summary>
    public IDictionary<object, object> UserState => UserStateCore;

    /// <summary>What <see cref="Method"/> answers.</summary>
    protected abstract string MethodCore { get; }

    /// <summary>What <see cref="Host"/> answers.</summary>
    protected abstract string HostCore { get; }

    /// <summary>What <see cref="Peer"/> answers.</summary>
    protected abstract string PeerCore { get; }

    /// <summary>What <see cref="Deadline"/> answers.</summary>
    protected abstract DateTime DeadlineCore { get; }

    /// <summary>What <see cref="RequestHeaders"/> answers.</summary>
    protected abstract Metadata RequestHeadersCore { get; }

    /// <summary>What <see cref="CancellationToken"/> answers.</summary>
    protected abstract CancellationToken CancellationTokenCore { get; }

    /// <summary>What <see cref="ResponseTrailers"/> answers.</summary>
    protected abstract Metadata ResponseTrailersCore { get; }

    /// <summary>What <see cref="Status"/> reads and writes.</summary>
    protected abstract Status StatusCore { get; set; }

    /// <summary>What <see cref="WriteOptions"/> reads and writes.</summary>
    protected abstract WriteOptions? WriteOptionsCore { get; set; }

    /// <summary>What <see cref="AuthContext"/> answers.</summary>
    protected abstract AuthContext AuthContextCore { get; }

    /// <summary>What <see cref="UserState"/> answers: a dictionary made on first use, unless overridden.</summary>
    protected virtual IDictionary<object, object> UserStateCore => field ??= new Dictionary<object, object>();

    /// <summary>Sends the answer's headers now, before the first message. At most once.</summary>
    /// <exception cref="InvalidOperationException">They are sent already.</exception>
    public Task WriteResponseHeadersAsync(Metadata responseHeaders) => WriteResponseHeadersAsyncCore(responseHeaders);

    /// <summary>What <see cref="WriteResponseHeadersAsync"/> does.</summary>
    protected abstract Task WriteResponseHeadersAsyncCore(Metadata responseHeaders);
}
