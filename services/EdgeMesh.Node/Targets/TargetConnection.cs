using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using EdgeMesh.Node.Contracts;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeMesh.Node.Targets;

/// <summary>A connection to the node that a command calls. Its failures say which node and why.</summary>
/// <remarks>Owned by one command; disposing it cancels what still runs.</remarks>
internal sealed class TargetConnection : IDisposable
{
    /// <summary>An address that drops packets must not look like a slow node.</summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>More than any node sends in one message; other servers may send more than the usual 4 MiB.</summary>
    private const int MaxMessageBytes = 64 << 20;

    private readonly GrpcChannel _channel;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly Metadata _credentials;

    /// <summary>Prepares a connection; the first call opens it.</summary>
    /// <param name="target">The node's address.</param>
    /// <param name="timeout">The longest wait for an answer to a unary call.</param>
    /// <param name="time">The clock of deadlines and durations.</param>
    /// <param name="trust">Whose certificates the node may have; null: whom the system trusts.</param>
    /// <param name="token">The token to show; null: none.</param>
    /// <param name="certificate">The client certificate to show; null: none.</param>
    public TargetConnection(Uri target, TimeSpan timeout, TimeProvider time, X509ChainPolicy? trust = null, string? token = null, SslStreamCertificateContext? certificate = null)
    {
        _credentials = token is null ? [] : new Metadata { { "authorization", $"Bearer {token}" } };
        Target = target;
        _timeout = timeout;
        _time = time;
        var handler = new SocketsHttpHandler { ConnectTimeout = ConnectTimeout, EnableMultipleHttp2Connections = true, UseProxy = false };
        handler.SslOptions.ClientCertificateContext = certificate;
        handler.SslOptions.CertificateChainPolicy = trust;
        _channel = GrpcChannel.ForAddress(target, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = MaxMessageBytes,
        });
    }

    /// <summary>The node's address.</summary>
    public Uri Target { get; }

    /// <summary>For generated clients.</summary>
    public ChannelBase Channel => _channel;

    /// <summary>Makes a unary call and reads how the node came to its answer.</summary>
    /// <typeparam name="TResponse">The answer's message.</typeparam>
    /// <param name="start">Starts the call with the options given to it.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="TargetException">The call failed.</exception>
    public async Task<Answered<TResponse>> CallAsync<TResponse>(Func<CallOptions, AsyncUnaryCall<TResponse>> start, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        try
        {
            using var call = start(new CallOptions(_credentials, deadline: _time.GetUtcNow().UtcDateTime + _timeout, cancellationToken: cancellationToken));
            var response = await call.ResponseAsync;
            var headers = await call.ResponseHeadersAsync;
            return new(response, AnswerReader.Read(headers, _time.GetElapsedTime(started)));
        }
        catch (RpcException exception)
        {
            throw new TargetException(Target, _timeout, exception);
        }
    }

    /// <summary>Runs a streaming call, whose length no deadline limits, with the same words for its failures.</summary>
    /// <typeparam name="TResult">What comes of it.</typeparam>
    /// <exception cref="TargetException">The call failed.</exception>
    public async Task<TResult> StreamAsync<TResult>(Func<CallOptions, Task<TResult>> run, CancellationToken cancellationToken)
    {
        try
        {
            return await run(new CallOptions(_credentials, cancellationToken: cancellationToken));
        }
        catch (RpcException exception)
        {
            throw new TargetException(Target, _timeout, exception);
        }
    }

    /// <summary>Reads how the node came to the answer of a streaming call.</summary>
    public AnswerJson ReadAnswer(Metadata headers, long started) => AnswerReader.Read(headers, _time.GetElapsedTime(started));

    /// <summary>Now, for <see cref="ReadAnswer"/>.</summary>
    public long GetTimestamp() => _time.GetTimestamp();

    /// <inheritdoc/>
    public void Dispose() => _channel.Dispose();
}

/// <summary>An answer with how the node came to it.</summary>
/// <typeparam name="TResponse">The answer's message.</typeparam>
/// <param name="Response">The message.</param>
/// <param name="Answer">From its response metadata, and the time it took.</param>
internal sealed record Answered<TResponse>(TResponse Response, AnswerJson Answer);
