using System.Buffers;
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
internal sealed class HitResponse(RelayOptions options, SlowReaders readers, TimeProvider time)
{
    /// <summary>A large message goes out in such pieces, in bytes, as the caller's window lets it.</summary>
    public const int FlushBytes = 32 * 1024;

    private readonly StoredMetadataTable _metadata = new();
    private readonly SecondsText _age = new(string.Empty);

    /// <summary>What <c>cache-status</c> says (RFC 9211) of an answer from the store, fresh or, with a negative ttl, stale.</summary>
    public SecondsText Hit { get; } = new($"{options.NodeName}; hit; ttl=");

    /// <summary>What it says of one that another call's fill brought.</summary>
    public SecondsText Collapsed { get; } = new($"{options.NodeName}; fwd=miss; collapsed; ttl=");

    /// <summary>What it says of one that a fill of this call brought in place of a stale one.</summary>
    public SecondsText Replaced { get; } = new($"{options.NodeName}; fwd=stale; stored; ttl=");

    /// <summary>What it says of a stale one of which upstream said, when this call asked, that it still holds.</summary>
    public SecondsText Confirmed { get; } = new($"{options.NodeName}; fwd=stale; stored; detail=not-modified; ttl=");

    /// <summary>What it says of one that another call's fill brought in place of a stale one.</summary>
    public SecondsText ReplacedByOther { get; } = new($"{options.NodeName}; fwd=stale; collapsed; ttl=");

    /// <summary>What it says of a stale answer that is used because asking has failed before.</summary>
    public SecondsText StaleIfError { get; } = new($"{options.NodeName}; hit; detail=stale-if-error; ttl=");

    /// <summary>What it says of a stale answer that is used because asking failed now.</summary>
    public SecondsText StaleAfterError { get; } = new($"{options.NodeName}; fwd=stale; detail=stale-if-error; ttl=");

    /// <summary>Writes headers, message and trailers of an answer that is small and in a coding that the caller takes, as most are: it waits for nothing.</summary>
    /// <remarks>The server sends it in one piece when the call's handler returns.</remarks>
    /// <returns>False, with nothing written, when it takes <see cref="TryWriteAll"/>.</returns>
    public bool TryWrite(HttpContext context, CacheHit hit, long now, in RequestFacts facts, CallRecord call)
    {
        if (hit.IsLarge || (hit.Head.Coding == MessageCoding.Gzip && !facts.AcceptsGzip))
        {
            return false;
        }

        WriteFields(context, hit.Head, now, isDecoded: false, Hit, upstream: default, call.IsFromNode);
        WriteSmall(context, hit, call);
        return true;
    }

    /// <summary>
    /// Writes headers, message and trailers. The server sends a small answer in one piece when the call's handler returns;
    /// a longer one is followed to its last piece, or until the caller goes or stops reading, with its memory held.
    /// </summary>
    /// <param name="status">What happened: one of the texts above.</param>
    /// <param name="call">Notes the bytes.</param>
    /// <param name="upstream">What caches nearer to the origin said of it for this call; empty: it did not go there.</param>
    /// <returns>
    /// The writing of what is left, for which the hit is not needed any more. Null, with nothing written, when the caller does not take gzip
    /// and the message does not decompress within the limit, or when the entry is gone.
    /// </returns>
    public Task? TryWriteAll(HttpContext context, CacheHit hit, long now, bool acceptsGzip, SecondsText status, CallRecord call, StringValues upstream = default)
    {
        var isDecoded = hit.Head.Coding == MessageCoding.Gzip && !acceptsGzip;
        byte[]? plain = null;
        HeldEntry? held = null;
        if (isDecoded)
        {
            plain = hit.CopyFrames() is { } coded ? GzipMessages.DecompressFrame(coded, options.MaxStoredMessageBytes) : null;
        }
        else if (hit.IsLarge)
        {
            held = hit.Hold();
        }

        if ((isDecoded && plain is null) || (hit.IsLarge && !isDecoded && held is null))
        {
            return null;
        }

        try
        {
            WriteFields(context, hit.Head, now, isDecoded, status, upstream, call.IsFromNode);
        }
        catch
        {
            held?.Dispose();
            throw;
        }

        if (plain is null && held is null)
        {
            WriteSmall(context, hit, call);
            return Task.CompletedTask;
        }

        var frames = held?.Frames ?? new ReadOnlySequence<byte>(plain!);
        call.Sent(frames.Length);
        return WriteAsync(context, frames, held);
    }

    /// <summary>The names that a marker holds, in lower case.</summary>
    public string[] ReadNames(EntryHead marker) => Array.ConvertAll(_metadata.Get(marker).Initial, field => field.Key.ToLowerInvariant());

    /// <summary>Sets headers, the stored ones and what this node says, and trailers, which go after the body.</summary>
    private void WriteFields(HttpContext context, EntryHead head, long now, bool isDecoded, SecondsText status, StringValues upstream, bool isForNode)
    {
        var headers = context.Response.Headers;
        var stored = _metadata.Get(head);
        Set(headers, stored.Initial);
        if (isDecoded)
        {
            headers.Remove(HeaderNames.GrpcEncoding);
        }

        headers.Age = _age.Format(head.InitialAge + time.GetElapsedTime(head.StoredAt, now));
        var own = status.Format(time.GetElapsedTime(now, head.FreshUntil));
        headers[ResponseMetadata.CacheStatus] = upstream.Count == 0 ? own : StringValues.Concat(upstream, own);
        StatusResponse.SetNode(context, options.NodeName);
        if (isForNode && options.Applied is { } applied && applied.Tell(head.AsOf) is { } asOf)
        {
            headers[ResponseMetadata.AsOf] = asOf;
        }

        Set(context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers, stored.Trailers);
    }

    private static void WriteSmall(HttpContext context, CacheHit hit, CallRecord call)
    {
        // A NOT_FOUND has no message: its headers are the answer.
        if (!hit.FirstFrames.IsEmpty)
        {
            context.Response.BodyWriter.Write(hit.FirstFrames);
        }

        call.Sent(hit.FirstFrames.Length);
    }

    /// <summary>Writes frames piece by piece. Ends with the last, when the caller goes, or when it is given up for not reading.</summary>
    private async Task WriteAsync(HttpContext context, ReadOnlySequence<byte> rest, HeldEntry? held)
    {
        try
        {
            var to = context.Response.BodyWriter;
            while (!rest.IsEmpty)
            {
                var piece = rest.Slice(0, Math.Min(rest.Length, FlushBytes));
                Write(to, piece);
                rest = rest.Slice(piece.End);
                await readers.FlushAsync(context, FlushBytes, mayRest: false, context.RequestAborted).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The caller has gone, or was told when it was given up.
        }
        finally
        {
            held?.Dispose();
        }
    }

    private static void Write(System.IO.Pipelines.PipeWriter to, ReadOnlySequence<byte> frames)
    {
        foreach (var part in frames)
        {
            to.Write(part.Span);
        }
    }

    private static void Set(IHeaderDictionary headers, KeyValuePair<string, StringValues>[] fields)
    {
        foreach (var (name, values) in fields)
        {
            headers[name] = values;
        }
    }
}
