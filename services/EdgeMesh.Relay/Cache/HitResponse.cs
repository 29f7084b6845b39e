using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using EdgeMesh.Caching;
using EdgeMesh.Relay.Calls;
using EdgeMesh.Relay.Metadata;
using EdgeMesh.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EdgeMesh.Relay.Cache;

/// <summary>Answers a call with a stored answer.</summary>
internal sealed class HitResponse(RelayOptions options, TimeProvider time)
{
    // What the server may hold for a caller that does not read: a large message goes out as its window lets it.
    private const int FlushBytes = 64 * 1024;

    /// <summary>
    /// Writes headers, message and trailers. The server sends a small answer in one piece when the call's handler returns;
    /// a longer one is followed to its last piece, or until the caller goes.
    /// </summary>
    /// <param name="how">What happened, as <c>cache-status</c> parameters: <c>hit</c>.</param>
    /// <returns>False, with nothing written, when the caller does not take gzip and the message does not decompress within the limit.</returns>
    public async ValueTask<bool> TryWriteAsync(HttpContext context, CachedResponse entry, bool acceptsGzip, string how)
    {
        // 1. Frames in a coding that the caller takes.
        var frames = entry.Frames;
        var isDecoded = entry.Coding == MessageCoding.Gzip && !acceptsGzip;
        if (isDecoded)
        {
            if (GzipMessages.Decompress(frames, options.MaxStoredMessageBytes) is not { } plain)
            {
                return false;
            }

            frames = plain;
        }

        // 2. Headers: the stored ones, and what this node says.
        var now = time.GetTimestamp();
        var age = entry.InitialAge + time.GetElapsedTime(entry.StoredAt, now);
        var ttl = time.GetElapsedTime(now, entry.FreshUntil);
        var response = context.Response;
        response.StatusCode = StatusCodes.Status200OK;
        foreach (var (name, value) in entry.InitialMetadata)
        {
            if (!(isDecoded && name == HeaderNames.GrpcEncoding))
            {
                Add(response.Headers, name, value);
            }
        }

        response.Headers.Age = Seconds(age);
        response.Headers[ResponseMetadata.CacheStatus] = $"{options.NodeName}; {how}; ttl={Seconds(ttl)}";
        StatusResponse.SetNode(context, options.NodeName);

        // 3. Trailers, which go after the body, and the message.
        var trailers = context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers;
        foreach (var (name, value) in entry.Trailers)
        {
            Add(trailers, name, value);
        }

        await WriteAsync(frames, response.BodyWriter, context.RequestAborted).ConfigureAwait(false);
        return true;
    }

    private static async ValueTask WriteAsync(ReadOnlyMemory<byte> rest, PipeWriter to, CancellationToken callerGone)
    {
        try
        {
            while (rest.Length > FlushBytes)
            {
                to.Write(rest.Span[..FlushBytes]);
                rest = rest[FlushBytes..];
                await ResponseRelay.FlushAsync(to, callerGone).ConfigureAwait(false);
            }

            to.Write(rest.Span);
        }
        catch (OperationCanceledException)
        {
            // The caller has gone: there is no one to tell.
        }
    }

    private static void Add(IHeaderDictionary headers, string name, string value)
    {
        if (!headers.TryAdd(name, value))
        {
            headers.Append(name, value);
        }
    }

    private static string Seconds(TimeSpan span) => ((long)span.TotalSeconds).ToString(CultureInfo.InvariantCulture);
}
