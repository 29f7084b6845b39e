using System.Security.Cryptography;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Targets;
using EdgeMesh.V1;
using Grpc.Core;

namespace EdgeMesh.Node.Objects;

/// <summary>Fetches an object: in one call, which an edge can cache, else as a stream. A whole object's SHA-256 is checked.</summary>
/// <param name="connection">To the node.</param>
internal sealed class ObjectDownload(TargetConnection connection)
{
    private readonly ObjectStoreService.ObjectStoreServiceClient _client = new(connection.Channel);

    /// <summary>Where the content goes, chosen once the object is known.</summary>
    /// <param name="info">What is known of the object.</param>
    /// <param name="sizeBytes">How much content will come at most.</param>
    public delegate Stream OpenSink(ObjectInfo info, ulong sizeBytes);

    /// <summary>Fetches an object or a range of it.</summary>
    /// <param name="bucket">Its bucket.</param>
    /// <param name="key">Its key.</param>
    /// <param name="range">Which bytes; null: all.</param>
    /// <param name="conditions">What must be true of it; null: nothing.</param>
    /// <param name="open">Asked once for the stream to write to; not disposed here.</param>
    /// <param name="progress">Told how many bytes came so far.</param>
    /// <param name="cancellationToken">Ends the transfer.</param>
    /// <exception cref="TargetException">The node refused or could not be reached.</exception>
    /// <exception cref="CliException">The content does not have the object's SHA-256.</exception>
    public async Task<(ObjectInfo Info, AnswerJson Answer)> FetchAsync(
        string bucket, string key, ByteRange? range, ObjectConditions? conditions, OpenSink open, IProgress<long> progress, CancellationToken cancellationToken)
    {
        if (range is null)
        {
            try
            {
                return await FetchWholeAsync(new GetObjectRequest { Bucket = bucket, Key = key, Conditions = conditions }, open, progress, cancellationToken);
            }
            catch (TargetException exception) when (exception.Status == StatusCode.ResourceExhausted)
            {
                // Too large for one call: nothing was written, so that the stream starts afresh.
            }
        }

        return await connection.StreamAsync(
            options => StreamAsync(new ReadObjectRequest { Bucket = bucket, Key = key, Range = range, Conditions = conditions }, options, open, progress, cancellationToken), cancellationToken);
    }

    private async Task<(ObjectInfo Info, AnswerJson Answer)> FetchWholeAsync(GetObjectRequest request, OpenSink open, IProgress<long> progress, CancellationToken cancellationToken)
    {
        var (response, answer) = await connection.CallAsync(options => _client.GetObjectAsync(request, options), cancellationToken);
        Verify(response.Info, SHA256.HashData(response.Content.Span));
        await open(response.Info, response.Info.SizeBytes).WriteAsync(response.Content.Memory, cancellationToken);
        progress.Report(response.Content.Length);
        return (response.Info, answer);
    }

    private async Task<(ObjectInfo Info, AnswerJson Answer)> StreamAsync(ReadObjectRequest request, CallOptions options, OpenSink open, IProgress<long> progress, CancellationToken cancellationToken)
    {
        var started = connection.GetTimestamp();
        using var call = _client.ReadObject(request, options);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ObjectInfo? info = null;
        Stream? sink = null;
        var received = 0L;
        await foreach (var part in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            if (part.PartCase == ReadObjectResponse.PartOneofCase.Info)
            {
                info = part.Info;
                sink = open(info, request.Range is null ? info.SizeBytes : CountOf(request.Range, info.SizeBytes));
            }
            else if (sink is not null)
            {
                hash.AppendData(part.Chunk.Span);
                await sink.WriteAsync(part.Chunk.Memory, cancellationToken);
                received += part.Chunk.Length;
                progress.Report(received);
            }
        }

        if (info is null)
        {
            throw new CliException($"{request.Bucket}/{request.Key}: the node sent no object.");
        }

        if (request.Range is null)
        {
            Verify(info, hash.GetHashAndReset());
        }

        return (info, connection.ReadAnswer(await call.ResponseHeadersAsync, started));
    }

    private static ulong CountOf(ByteRange range, ulong size)
    {
        var first = range.OffsetBytes >= 0 ? (ulong)range.OffsetBytes : size - Math.Min(size, (ulong)-range.OffsetBytes);
        var left = size - Math.Min(size, first);
        return range.LengthBytes == 0 ? left : Math.Min(left, (ulong)range.LengthBytes);
    }

    private static void Verify(ObjectInfo info, ReadOnlySpan<byte> sha256)
    {
        if (!info.Sha256.Span.SequenceEqual(sha256))
        {
            throw new CliException($"{info.Bucket}/{info.Key} arrived damaged: its SHA-256 differs. The copy was not kept.");
        }
    }
}
