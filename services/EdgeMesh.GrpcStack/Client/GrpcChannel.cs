using System.Collections.Concurrent;
using System.IO.Compression;
using EdgeMesh.GrpcStack.Client;
using EdgeMesh.GrpcStack.Messages;
using Grpc.Core;
using Grpc.Net.Compression;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Grpc.Net.Client;

/// <summary>
/// A way to a server over HTTP/2: cleartext with prior knowledge for <c>http</c>, TLS for <c>https</c>. Make one per server
/// and keep it; generated clients over it are cheap.
/// </summary>
/// <remarks>Thread-safe. Connections open when calls need them, and another opens when one has no room for more streams.</remarks>
public sealed class GrpcChannel : ChannelBase, IDisposable
{
    /// <summary>How long a connection may take to open. Finite, so that a call without a deadline to a silent address ends.</summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<string, Uri> _addresses = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _closed = new();
    private readonly Uri _address;
    private readonly HttpMessageInvoker _invoker;
    private readonly bool _ownsInvoker;
    private int _disposals;

    private GrpcChannel(Uri address, GrpcChannelOptions options)
        : base(address.Authority)
    {
        if (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps)
        {
            throw new InvalidOperationException($"No address resolver configured for the scheme '{address.Scheme}'.");
        }

        if (options.HttpClient is not null && options.HttpHandler is not null)
        {
            throw new ArgumentException($"{nameof(GrpcChannelOptions.HttpClient)} and {nameof(GrpcChannelOptions.HttpHandler)} have been configured. Only one HTTP caller can be specified.");
        }

        _address = address;
        _ownsInvoker = options.DisposeHttpClient || (options.HttpClient is null && options.HttpHandler is null);
        _invoker = options.HttpClient ?? new HttpMessageInvoker(options.HttpHandler ?? MakeHandler(), disposeHandler: _ownsInvoker);
        MaxSendMessageSize = options.MaxSendMessageSize;
        MaxReceiveMessageSize = options.MaxReceiveMessageSize;
        Codings = new MessageCodings(options.CompressionProviders ?? [new GzipCompressionProvider(CompressionLevel.Fastest)]);
        TimeProvider = options.TimeProvider;
        Logger = (options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger<GrpcChannel>();
        Closed = _closed.Token;
    }

    /// <summary>Longest message out, bytes; null for no limit.</summary>
    internal int? MaxSendMessageSize { get; }

    /// <summary>Longest message in, bytes; null for no limit.</summary>
    internal int? MaxReceiveMessageSize { get; }

    /// <summary>The codings known.</summary>
    internal MessageCodings Codings { get; }

    /// <summary>The clock of deadlines.</summary>
    internal TimeProvider TimeProvider { get; }

    /// <summary>Where calls log.</summary>
    internal ILogger Logger { get; }

    /// <summary>Signalled when the channel is disposed: calls under way end.</summary>
    internal CancellationToken Closed { get; }

    /// <summary>A channel to an address like <c>http://127.0.0.1:6401</c>; a path in it is ignored.</summary>
    /// <exception cref="UriFormatException">The address is not an absolute URI.</exception>
    /// <exception cref="InvalidOperationException">Its scheme is neither <c>http</c> nor <c>https</c>.</exception>
    public static GrpcChannel ForAddress(string address) => ForAddress(address, new GrpcChannelOptions());

    /// <inheritdoc cref="ForAddress(string)"/>
    /// <param name="address">Scheme, host and port.</param>
    /// <param name="channelOptions">How to connect, and what to permit.</param>
    public static GrpcChannel ForAddress(string address, GrpcChannelOptions channelOptions) => ForAddress(new Uri(address), channelOptions);

    /// <inheritdoc cref="ForAddress(string)"/>
    public static GrpcChannel ForAddress(Uri address) => ForAddress(address, new GrpcChannelOptions());

    /// <inheritdoc cref="ForAddress(string, GrpcChannelOptions)"/>
    public static GrpcChannel ForAddress(Uri address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(channelOptions);
        return new GrpcChannel(address, channelOptions);
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The channel is disposed.</exception>
    public override CallInvoker CreateCallInvoker()
    {
        ObjectDisposedException.ThrowIf(Closed.IsCancellationRequested, this);
        return new ChannelCallInvoker(this);
    }

    /// <summary>Ends calls under way with CANCELLED, and disposes what the channel owns.</summary>
    public void Dispose()
    {
        if (Interlocked.Increment(ref _disposals) != 1)
        {
            return;
        }

        _closed.Cancel();
        if (_ownsInvoker)
        {
            _invoker.Dispose();
        }
    }

    /// <summary>The URI of a method.</summary>
    internal Uri AddressOf(IMethod method) => _addresses.GetOrAdd(method.FullName, static (path, address) => new Uri(address, path), _address);

    /// <summary>Sends a request.</summary>
    /// <returns>The response as soon as its headers are there.</returns>
    internal Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _invoker is HttpClient client
            ? client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
            : _invoker.SendAsync(request, cancellationToken);

    /// <inheritdoc/>
    protected override Task ShutdownAsyncCore()
    {
        Dispose();
        return Task.CompletedTask;
    }

    /// <summary>What sends requests when nothing is given.</summary>
    internal static SocketsHttpHandler MakeHandler() => new()
    {
        AllowAutoRedirect = false,
        ConnectTimeout = ConnectTimeout,
        EnableMultipleHttp2Connections = true,

        // A cookie jar would send what one call was given with another's.
        UseCookies = false,
        UseProxy = false,
    };
}
