using EdgeMesh.GrpcStack.Messages;
using EdgeMesh.Wire;
using Grpc.Core;
using Grpc.Net.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EdgeMesh.GrpcStack.Server;

/// <summary>Sends one call's answer: headers, messages, status.</summary>
/// <remarks>
/// Two may want to end a call: its handler, by returning, and its deadline. The first to take the end has the response to itself:
/// <code>
/// 1. the handler writes a message: _writing
/// 2. the deadline takes the end: _ended, and, since a write is under way, _writeDone
/// 3. it cancels the flush that the write waits for; the write leaves and completes _writeDone
/// 4. the deadline sends the status
/// 5. the handler's next write finds _ended and fails; when it returns, the end is taken
/// </code>
/// Everything between is done by one at a time: writes by the handler, the rest by whoever took the end.
/// </remarks>
internal sealed class ResponseSender
{
    private readonly HttpContext _http;
    private readonly ServiceModel _service;
    private readonly string _method;
    private readonly MessageSerializer _serializer;
    private readonly Lock _gate = new();
    private ICompressionProvider? _coding;
    private TaskCompletionSource? _writeDone;
    private bool _headersFixed;
    private bool _writing;
    private bool _ended;

    public ResponseSender(HttpContext http, ServiceModel service, string method)
    {
        _http = http;
        _service = service;
        _method = method;
        _serializer = new MessageSerializer(service.MaxSendMessageBytes);
        var headers = http.Response.Headers;
        headers.ContentType = HeaderNames.GrpcContentType;
        headers.GrpcAcceptEncoding = service.Codings.AcceptEncoding;
        if (service.ResponseCoding is not null)
        {
            ChooseCoding(service.ResponseCoding);
        }
    }

    /// <summary>Sends the headers now.</summary>
    /// <exception cref="InvalidOperationException">They are sent, or the call has ended.</exception>
    /// <exception cref="ArgumentException">A value has a character that cannot be sent.</exception>
    public async Task WriteHeadersAsync(Metadata metadata)
    {
        BeginWrite();
        try
        {
            if (_headersFixed)
            {
                throw new InvalidOperationException("Response headers can only be sent once per call.");
            }

            SetHeaders(metadata);
            _headersFixed = true;
            await _http.Response.BodyWriter.FlushAsync().ConfigureAwait(false);
        }
        finally
        {
            EndWrite();
        }
    }

    /// <summary>Sends one message of a stream; completes when there is room for another.</summary>
    /// <exception cref="InvalidOperationException">Another write is under way, or the call has ended.</exception>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: longer than the limit.</exception>
    public async Task WriteAsync<T>(Marshaller<T> marshaller, T message, WriteFlags flags, CancellationToken cancellationToken)
    {
        BeginWrite();
        try
        {
            Serialize(marshaller, message, flags);
            if ((flags & WriteFlags.BufferHint) == 0)
            {
                await _http.Response.BodyWriter.FlushAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            EndWrite();
        }
    }

    /// <summary>Takes the end of the call. Whoever gets true sends the status, once <paramref name="writing"/> has completed.</summary>
    public bool TryTakeEnd(out Task writing)
    {
        lock (_gate)
        {
            writing = Task.CompletedTask;
            if (_ended)
            {
                return false;
            }

            _ended = true;
            if (_writing)
            {
                _writeDone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                writing = _writeDone.Task;
            }

            return true;
        }
    }

    /// <summary>Makes the write under way, if any, leave at once.</summary>
    public void CancelWrite() => _http.Response.BodyWriter.CancelPendingFlush();

    /// <summary>Appends the only message, for whoever took the end. It goes out with the status.</summary>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: longer than the limit.</exception>
    public void WriteLast<T>(Marshaller<T> marshaller, T message, WriteFlags flags) => Serialize(marshaller, message, flags);

    /// <summary>Sets the status, for whoever took the end: as trailers, or, when nothing has been sent, as headers without a body (Trailers-Only).</summary>
    public void SetStatus(Status status, Metadata trailers)
    {
        var fields = _headersFixed || _http.Response.HasStarted
            ? _http.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers
            : _http.Response.Headers;
        fields.GrpcStatus = StatusText(status.StatusCode);
        if (!string.IsNullOrEmpty(status.Detail))
        {
            fields.GrpcMessage = PercentEncoding.Encode(status.Detail);
        }

        foreach (var entry in trailers)
        {
            if (IsReserved(entry.Key))
            {
                continue;
            }

            if (WireMetadata.TryFormat(entry, out var value))
            {
                fields.Append(entry.Key, value);
            }
            else
            {
                ServerLog.TrailerUnsendable(_service.Logger, entry.Key, _method);
            }
        }
    }

    /// <summary>What a handler may not set: such entries come from passing on another call's metadata.</summary>
    private static bool IsReserved(string name) => name is HeaderNames.GrpcStatus or HeaderNames.GrpcMessage or HeaderNames.ContentType;

    private static string StatusText(StatusCode code) => code == StatusCode.OK ? "0" : ((int)code).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private void BeginWrite()
    {
        lock (_gate)
        {
            if (_ended || _http.RequestAborted.IsCancellationRequested)
            {
                throw new InvalidOperationException("Can't write the message because the request is complete.");
            }

            if (_writing)
            {
                throw new InvalidOperationException("Can't write the message because the previous write is in progress.");
            }

            _writing = true;
        }
    }

    private void EndWrite()
    {
        lock (_gate)
        {
            _writing = false;
            _writeDone?.SetResult();
        }
    }

    private void Serialize<T>(Marshaller<T> marshaller, T message, WriteFlags flags)
    {
        var coding = (flags & WriteFlags.NoCompress) == 0 ? _coding : null;
        _serializer.Write(_http.Response.BodyWriter, marshaller, message, coding, _service.ResponseCompressionLevel);
        _headersFixed = true;
    }

    private void SetHeaders(Metadata metadata)
    {
        var headers = _http.Response.Headers;
        foreach (var entry in metadata)
        {
            if (entry.Key == Metadata.CompressionRequestAlgorithmHeader)
            {
                ChooseCoding(entry.Value);
                continue;
            }

            if (IsReserved(entry.Key))
            {
                continue;
            }

            if (!WireMetadata.TryFormat(entry, out var value))
            {
                throw new ArgumentException($"The value of the response header '{entry.Key}' has a character that cannot be sent.", nameof(metadata));
            }

            headers.Append(entry.Key, value);
        }
    }

    private void ChooseCoding(string name)
    {
        var coding = _service.Codings.Find(name);
        if (coding is null && name != MessageCodings.Identity)
        {
            ServerLog.CodingUnknown(_service.Logger, name, _method);
        }

        ChooseCoding(coding);
    }

    private void ChooseCoding(ICompressionProvider? coding)
    {
        var accepted = _http.Request.Headers.GrpcAcceptEncoding;
        _coding = coding is not null && MessageCodings.Accepts(accepted.ToString(), coding.EncodingName) ? coding : null;
        if (_coding is not null)
        {
            _http.Response.Headers.GrpcEncoding = _coding.EncodingName;
        }
        else
        {
            _http.Response.Headers.Remove(HeaderNames.GrpcEncoding);
        }
    }
}
