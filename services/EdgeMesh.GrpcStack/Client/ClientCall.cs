using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using EdgeMesh.GrpcStack.Messages;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeMesh.GrpcStack.Client;

/// <summary>One call over HTTP/2, of any of the four types.</summary>
/// <remarks>
/// <code>
///   caller ──> ClientStreamWriter ──> RequestStreamContent ──┐
///   caller ──> Start(request) ──────> RequestMessageContent ─┴─> HttpMessageInvoker
///   caller &lt;── ClientStreamReader, ReadSingleAsync &lt;── headers, frames, trailers ┘
/// </code>
/// Thread-safe: one reader, one writer, and anyone who ends it. <see cref="CallLifetime"/> decides how the call ended.
/// </remarks>
internal sealed class ClientCall<TRequest, TResponse> : IClientCall
    where TRequest : class
    where TResponse : class
{
    /// <summary>Bytes read from the transport at a time: one HTTP/2 frame of the usual largest size.</summary>
    private const int ReadBytes = 16 * 1024;

    private static readonly StreamPipeReaderOptions BodyOptions = new(bufferSize: ReadBytes);

    private readonly GrpcChannel _channel;
    private readonly Method<TRequest, TResponse> _method;
    private readonly string? _host;
    private readonly CallOptions _options;
    private Task _headersRead = Task.CompletedTask;
    private HttpResponseMessage? _response;
    private Metadata? _headers;
    private PipeReader? _body;
    private MessagePipeReader? _messages;

    /// <exception cref="InvalidOperationException">The deadline is not in UTC.</exception>
    /// <exception cref="ObjectDisposedException">The channel is disposed.</exception>
    public ClientCall(GrpcChannel channel, Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        ObjectDisposedException.ThrowIf(channel.Closed.IsCancellationRequested, channel);
        _channel = channel;
        _method = method;
        _host = host;
        _options = options;
        Lifetime = new CallLifetime(options.Deadline, channel.TimeProvider);
    }

    /// <summary>From the call's start to its end.</summary>
    public CallLifetime Lifetime { get; }

    /// <summary>Starts a call with one request.</summary>
    public void Start(TRequest request)
    {
        if (TryBegin(out var message, out var serializer))
        {
            // Not rented: the transport may send it again long after the call seems done with it.
            var frame = new ArrayBufferWriter<byte>();
            try
            {
                serializer.Write(frame, request, _options.WriteOptions);
                message.Content = new RequestMessageContent(frame.WrittenMemory);
            }
            catch (RpcException e)
            {
                Lifetime.TryEnd(e.Status, Metadata.Empty);
                return;
            }

            _headersRead = SendAsync(message);
        }
    }

    /// <summary>Starts a call with a stream of requests.</summary>
    /// <returns>Where the requests go.</returns>
    public ClientStreamWriter<TRequest, TResponse> StartStreaming()
    {
        var content = new RequestStreamContent();
        if (TryBegin(out var message, out var serializer))
        {
            message.Content = content;
            Lifetime.Aborted.UnsafeRegister(static state => ((RequestStreamContent)state!).Abort(), content);
            _headersRead = SendAsync(message);
        }

        return new ClientStreamWriter<TRequest, TResponse>(this, content, serializer, _options.WriteOptions);
    }

    /// <summary>Reads the only response, and the status.</summary>
    /// <exception cref="RpcException">The call ended with another status than OK, or the server sent none or several responses.</exception>
    public Task<TResponse> ReadSingleAsync()
    {
        var response = ReadSingleCoreAsync();

        // The caller need not look at it: that is no unobserved fault.
        _ = response.ContinueWith(
            static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return response;
    }

    /// <summary>Reads the next response.</summary>
    /// <returns>Null when the call has ended with OK.</returns>
    /// <exception cref="RpcException">The call ended with another status.</exception>
    public async ValueTask<TResponse?> ReadNextAsync()
    {
        await HeadersOrEndAsync().ConfigureAwait(false);
        if (Lifetime.Outcome is null)
        {
            try
            {
                if (await _messages!.ReadAsync(_method.ResponseMarshaller, Lifetime.Aborted).ConfigureAwait(false) is { } message)
                {
                    return message;
                }

                EndByTrailers();
            }
            catch (Exception e)
            {
                EndByFault("Error reading next message.", e);
            }

            await _body!.CompleteAsync().ConfigureAwait(false);
        }

        var outcome = Lifetime.Outcome!;
        return outcome.Status.StatusCode == StatusCode.OK ? null : throw outcome.ToException();
    }

    /// <inheritdoc/>
    public async Task<Metadata> GetResponseHeadersAsync()
    {
        await HeadersOrEndAsync().ConfigureAwait(false);
        return _headers ?? throw Lifetime.Outcome!.ToException();
    }

    /// <inheritdoc/>
    public Status GetStatus() =>
        Lifetime.Outcome?.Status ?? throw new InvalidOperationException("Unable to get the status because the call is not complete.");

    /// <inheritdoc/>
    public Metadata GetTrailers() =>
        Lifetime.Outcome?.Trailers ?? throw new InvalidOperationException("Can't get the call trailers because the call has not completed successfully.");

    /// <summary>Ends the call if it runs.</summary>
    public void Dispose() => Lifetime.EndByDisposal();

    /// <summary>Waits for the headers, or for the call's end: a transport may be slow to notice that.</summary>
    private Task HeadersOrEndAsync() => _headersRead.IsCompleted ? Task.CompletedTask : Task.WhenAny(_headersRead, Lifetime.Ended);

    /// <summary>Arms the call's end and makes its request.</summary>
    /// <returns>False when the call has ended before it could begin.</returns>
    private bool TryBegin(out HttpRequestMessage message, out RequestSerializer<TRequest> serializer)
    {
        message = new HttpRequestMessage(HttpMethod.Post, _channel.AddressOf(_method))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        message.Headers.Host = _host;
        serializer = new RequestSerializer<TRequest>(_method.RequestMarshaller, _channel.MaxSendMessageSize);
        Lifetime.Arm(_options.CancellationToken, _channel.Closed);
        if (Lifetime.Outcome is not null)
        {
            return false;
        }

        try
        {
            serializer.Compression = RequestHeaders.Write(message.Headers, _options.Headers, Lifetime.Timeout, _channel.Codings);
            return true;
        }
        catch (RpcException e)
        {
            Lifetime.TryEnd(e.Status, Metadata.Empty);
            return false;
        }
    }

    /// <summary>Sends the request and takes the response's headers. Never fails: what goes wrong ends the call.</summary>
    private async Task SendAsync(HttpRequestMessage request)
    {
        try
        {
            var response = await _channel.SendAsync(request, Lifetime.Aborted).ConfigureAwait(false);

            // Disposing the response resets its stream if that is still open. Runs at once if the call has ended meanwhile.
            Lifetime.Aborted.UnsafeRegister(static state => ((HttpResponseMessage)state!).Dispose(), response);
            _response = response;
            var headers = ResponseMetadata.Read(response.Headers);
            if (ResponseStatus.FromHeaders(response) is { } status)
            {
                _headers = headers;
                Lifetime.TryEnd(status, headers);
                return;
            }

            var body = await response.Content.ReadAsStreamAsync(Lifetime.Aborted).ConfigureAwait(false);
            _body = PipeReader.Create(body, BodyOptions);
            _messages = new MessagePipeReader(
                _body, new MessageDeserializer(_channel.MaxReceiveMessageSize, _channel.Codings, ResponseMetadata.Coding(response.Headers)));
            _headers = headers;
        }
        catch (Exception e)
        {
            EndByFault("Error starting gRPC call.", e);
        }
    }

    private async Task<TResponse> ReadSingleCoreAsync()
    {
        var response = await ReadNextAsync().ConfigureAwait(false);
        if (response is null)
        {
            throw new RpcException(new Status(StatusCode.Internal, "The server ended the call with OK and without a response message."), GetTrailers());
        }

        if (await ReadNextAsync().ConfigureAwait(false) is null)
        {
            return response;
        }

        var several = new Status(StatusCode.Internal, "The server sent more than one response message.");
        Lifetime.TryEnd(several, Metadata.Empty);
        throw Lifetime.Outcome!.ToException();
    }

    private void EndByTrailers()
    {
        var trailers = ResponseMetadata.Read(_response!.TrailingHeaders);
        Lifetime.TryEnd(ResponseStatus.FromTrailers(_response), trailers);
    }

    private void EndByFault(string summary, Exception fault)
    {
        var status = TransportFault.ToStatus(summary, fault);
        if (status.StatusCode == StatusCode.Cancelled && Lifetime.IsDeadlineOver)
        {
            // The server's clock rang first, and it reset the stream.
            status = new Status(StatusCode.DeadlineExceeded, string.Empty, fault);
        }

        if (Lifetime.TryEnd(status, Metadata.Empty))
        {
            ClientLog.CallFaulted(_channel.Logger, _method.FullName, status.StatusCode, fault);
        }
    }
}
