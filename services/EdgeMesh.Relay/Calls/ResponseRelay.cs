using System.Net.Http.Headers;
using EdgeMesh.Relay.Metadata;
using EdgeMesh.Relay.Telemetry;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace EdgeMesh.Relay.Calls;

/// <summary>Writes an upstream's answer to the caller as it arrives.</summary>
internal static class ResponseRelay
{
    // The server's writer has blocks of 4 KiB: what is left of one takes most answers, and costs nothing. Then enough that a
    // large message moves in few steps; little enough that many slow streams cost little.
    private const int FirstReadBytes = 1024;
    private const int ReadBytes = 16 * 1024;
    private const int FlushBytes = 64 * 1024;

    // A caller who does not read makes this node hold that, and what upstream may send ahead.
    private const int HeldBytes = FlushBytes + UpstreamHandler.StreamWindowBytes;

    /// <summary>Whether an answer is gRPC; if not, the fault that stands for it.</summary>
    public static RelayFault? CheckIsGrpc(HttpResponseMessage response, string node, Upstream upstream) => FindForeignStatus(response) is { } code
        ? new RelayFault(code, $"{node}: {upstream} answered HTTP {(int)response.StatusCode} with content-type \"{ContentType(response)}\", which is not gRPC")
        : null;

    /// <summary>The status that stands for an answer which is not gRPC; null: it is.</summary>
    public static GrpcStatusCode? FindForeignStatus(HttpResponseMessage response)
    {
        if (response.StatusCode == System.Net.HttpStatusCode.OK && ContentType(response).StartsWith(HeaderNames.GrpcContentType, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        // An error status with a grpc-status of its own is gRPC all the same (gRPC over HTTP2, "Responses").
        if (response.Headers.NonValidated.Contains(HeaderNames.GrpcStatus))
        {
            return null;
        }

        return response.StatusCode == System.Net.HttpStatusCode.OK ? GrpcStatusCode.Unknown : StatusMapping.FromHttpStatus((int)response.StatusCode);
    }

    /// <summary>Copies status and headers; nothing is sent yet.</summary>
    public static void CopyHeaders(HttpResponseMessage from, HttpResponse to)
    {
        to.StatusCode = StatusCodes.Status200OK;
        Copy(from.Headers.NonValidated, to.Headers);
        Copy(from.Content.Headers.NonValidated, to.Headers);
    }

    /// <summary>Copies trailers after the body's end.</summary>
    /// <returns>Whether a <c>grpc-status</c> was among them.</returns>
    public static bool CopyTrailers(HttpResponseMessage from, HttpContext context)
    {
        var trailers = context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers;
        Copy(from.TrailingHeaders.NonValidated, trailers);
        return trailers.ContainsKey(HeaderNames.GrpcStatus);
    }

    /// <summary>Whether an answer has its status in its headers, and so neither messages nor trailers.</summary>
    public static bool IsTrailersOnly(HttpResponseMessage response) => response.Headers.NonValidated.Contains(HeaderNames.GrpcStatus);

    /// <summary>Copies the body as it arrives, headers first; whatever has arrived is sent before waiting for more.</summary>
    /// <param name="counter">Follows the messages.</param>
    /// <param name="readers">Sends it.</param>
    public static async Task CopyBodyAsync(Stream from, HttpContext context, MessageCounterBox counter, SlowReaders readers, CancellationToken cancellationToken)
    {
        var to = context.Response.BodyWriter;
        var unflushed = 0;
        var isFirst = true;
        var wanted = FirstReadBytes;
        while (true)
        {
            // 1. Wait without a buffer in hand; flush what is there (the headers at least) before a real wait.
            var ready = from.ReadAsync(Memory<byte>.Empty, cancellationToken);
            if (unflushed >= FlushBytes || (!ready.IsCompleted && (unflushed > 0 || isFirst)))
            {
                await readers.FlushAsync(context, HeldBytes, mayRest: true, cancellationToken).ConfigureAwait(false);
                unflushed = 0;
                isFirst = false;
            }

            await ready.ConfigureAwait(false);

            // 2. Take what is there.
            var memory = to.GetMemory(wanted);
            var read = await from.ReadAsync(memory, cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                return;
            }

            counter.Add(memory.Span[..read]);
            to.Advance(read);
            unflushed += read;
            if (read == memory.Length)
            {
                wanted = ReadBytes;
            }
        }
    }

    private static string ContentType(HttpResponseMessage response) => response.Content.Headers.NonValidated.TryGetValues(HeaderNames.ContentType, out var values) ? values.ToString() : string.Empty;

    /// <exception cref="InvalidMetadataException">A value holds a control character.</exception>
    private static void Copy(HttpHeadersNonValidated from, IHeaderDictionary to)
    {
        foreach (var (name, values) in from)
        {
            if (ResponseMetadata.IsRelayed(name))
            {
                foreach (var value in values)
                {
                    InvalidMetadataException.ThrowIfControl(name, value);
                }

                to[name] = values.Count == 1 ? values.ToString() : new StringValues([.. values]);
            }
        }
    }
}

/// <summary>A <see cref="MessageCounter"/> that async methods can share, and that notes the bytes; owned by one call.</summary>
internal sealed class MessageCounterBox(CallRecord call)
{
    private MessageCounter _counter;

    public long Begun => _counter.Begun;

    public bool IsAtBoundary => _counter.IsAtBoundary;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        _counter.Add(bytes);
        call.Sent(bytes.Length);
    }
}
