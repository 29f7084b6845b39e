using System.Buffers;
using System.IO.Pipelines;
using EdgeMesh.Caching;
using EdgeMesh.Relay.Calls;
using EdgeMesh.Relay.Metadata;
using EdgeMesh.Relay.Telemetry;
using EdgeMesh.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace EdgeMesh.Relay.Cache;

/// <summary>Answers a call with a stored answer.</summary>
internal sealed class HitResponse(RelayOptions options, TimeProvider time)
{
    // What the server may hold for a caller that does not read: a large message goes out as its window lets it.
    private const int FlushBytes = 64 * 1024;

    /// <summary>What <c>cache-status</c> says of an answer from the store.</summary>
    public const string Hit = "hit";

    private readonly SecondsText _age = new(string.Empty);
    private readonly SecondsText _hitStatus = new($"{options.NodeName}; {Hit}; ttl=");

    /// <summary>Writes headers, message and trailers of an answer that is small and in a coding that the caller takes, as most are: it waits for nothing.</summary>
    /// <remarks>The server sends it in one piece when the call's handler returns.</remarks>
    /// <returns>False, with nothing written, when it takes <see cref="TryWriteAsync"/>.</returns>
    public bool TryWrite(HttpContext context, CachedResponse entry, in RequestFacts facts, CallRecord call)
    {
        if (entry.Frames.Length > FlushBytes || (entry.Coding == MessageCoding.Gzip && !facts.AcceptsGzip))
        {
            return false;
        }

        WriteFields(context, entry, isDecoded: false, _hitStatus);
        context.Response.BodyWriter.Write(entry.Frames);
        call.Sent(entry.Frames.Length);
        return true;
    }

    /// <summary>
    /// Writes headers, message and trailers. The server sends a small answer in one piece when the call's handler returns;
    /// a longer one is followed to its last piece, or until the caller goes.
    /// </summary>
    /// <param name="how">What happened, as <c>cache-status</c> parameters: <c>hit</c>.</param>
    /// <param name="call">Notes the bytes.</param>
    /// <returns>False, with nothing written, when the caller does not take gzip and the message does not decompress within the limit.</returns>
    public async ValueTask<bool> TryWriteAsync(HttpContext context, CachedResponse entry, bool acceptsGzip, string how, CallRecord call)
    {
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

        WriteFields(context, entry, isDecoded, how == Hit ? _hitStatus : new SecondsText($"{options.NodeName}; {how}; ttl="));
        call.Sent(frames.Length);
        await WriteAsync(frames, context.Response.BodyWriter, context.RequestAborted).ConfigureAwait(false);
        return true;
    }

    /// <summary>Sets headers, the stored ones and what this node says, and trailers, which go after the body.</summary>
    private void WriteFields(HttpContext context, CachedResponse entry, bool isDecoded, SecondsText status)
    {
        var now = time.GetTimestamp();
        var headers = context.Response.Headers;
        Set(headers, entry.InitialMetadata, isDecoded ? HeaderNames.GrpcEncoding : null);
        headers.Age = _age.Format(entry.InitialAge + time.GetElapsedTime(entry.StoredAt, now));
        headers[ResponseMetadata.CacheStatus] = status.Format(time.GetElapsedTime(now, entry.FreshUntil));
        StatusResponse.SetNode(context, options.NodeName);
        Set(context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers, entry.Trailers, without: null);
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

    /// <summary>Sets fields; those of one name stand together.</summary>
    private static void Set(IHeaderDictionary headers, MetadataField[] fields, string? without)
    {
        for (var i = 0; i < fields.Length; i++)
        {
            var (name, value) = fields[i];
            if (name == without)
            {
                continue;
            }

            StringValues values = value;
            while (i + 1 < fields.Length && fields[i + 1].Name == name)
            {
                values = StringValues.Concat(values, fields[++i].Value);
            }

            headers[name] = values;
        }
    }
}
