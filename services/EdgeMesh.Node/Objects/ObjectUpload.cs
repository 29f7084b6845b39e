using System.Security.Cryptography;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Targets;
using EdgeMesh.V1;
using Google.Protobuf;
using Grpc.Core;

namespace EdgeMesh.Node.Objects;

/// <summary>Sends an object: in one call when it fits, else as a stream. The node checks its SHA-256.</summary>
/// <param name="connection">To the node.</param>
internal sealed class ObjectUpload(TargetConnection connection)
{
    /// <summary>The most that a unary call carries: 4 MiB less room for what is said of the object (object_store.proto).</summary>
    public const int MaxUnaryBytes = 4_128_768;

    /// <summary>Large enough that the cost per message vanishes, small enough for a smooth progress bar.</summary>
    private const int ChunkBytes = 256 * 1024;

    private readonly ObjectStoreService.ObjectStoreServiceClient _client = new(connection.Channel);

    /// <summary>Sends an object and waits until it is durable.</summary>
    /// <param name="spec">What is said of it; its SHA-256 is filled in here.</param>
    /// <param name="content">Read to its end. One that can seek is read twice, so that its SHA-256 goes ahead of it.</param>
    /// <param name="progress">Told how many bytes were sent so far.</param>
    /// <param name="cancellationToken">Ends the transfer; nothing of the object is seen then.</param>
    /// <exception cref="TargetException">The node refused it or could not be reached.</exception>
    /// <exception cref="CliException">The node stored other bytes than were sent.</exception>
    public async Task<ObjectInfo> SendAsync(ObjectSpec spec, Stream content, IProgress<long> progress, CancellationToken cancellationToken)
    {
        if (content.CanSeek && content.Length > MaxUnaryBytes)
        {
            spec.Sha256 = ByteString.CopyFrom(await SHA256.HashDataAsync(content, cancellationToken));
            content.Position = 0;
            return await StreamAsync(spec, [], content, progress, cancellationToken);
        }

        var head = new byte[MaxUnaryBytes + 1];
        var count = await content.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
        if (count > MaxUnaryBytes)
        {
            return await StreamAsync(spec, head, content, progress, cancellationToken);
        }

        spec.Sha256 = ByteString.CopyFrom(SHA256.HashData(head.AsSpan(0, count)));
        var request = new PutObjectRequest { Spec = spec, Content = UnsafeByteOperations.UnsafeWrap(head.AsMemory(0, count)) };
        var stored = await connection.CallAsync(options => _client.PutObjectAsync(request, options), cancellationToken);
        progress.Report(count);
        return stored.Response.Info;
    }

    /// <summary>Streams what was read ahead, then the rest, and compares the SHA-256 that the node stored.</summary>
    private Task<ObjectInfo> StreamAsync(ObjectSpec spec, byte[] head, Stream rest, IProgress<long> progress, CancellationToken cancellationToken) =>
        connection.StreamAsync(
            async options =>
            {
                using var call = _client.WriteObject(options);
                using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                await WriteAsync(call, new WriteObjectRequest { Spec = spec }, cancellationToken);
                var sent = 0L;
                await foreach (var chunk in ChunksAsync(head, rest, cancellationToken))
                {
                    hash.AppendData(chunk.Span);
                    await WriteAsync(call, new WriteObjectRequest { Chunk = ByteString.CopyFrom(chunk.Span) }, cancellationToken);
                    sent += chunk.Length;
                    progress.Report(sent);
                }

                await call.RequestStream.CompleteAsync();
                var info = (await call.ResponseAsync).Info;
                return info.Sha256.Span.SequenceEqual(hash.GetHashAndReset())
                    ? info
                    : throw new CliException($"{spec.Bucket}/{spec.Key} was stored, but not as it was sent: its SHA-256 differs.");
            },
            cancellationToken);

    private static async Task WriteAsync(AsyncClientStreamingCall<WriteObjectRequest, WriteObjectResponse> call, WriteObjectRequest message, CancellationToken cancellationToken)
    {
        try
        {
            await call.RequestStream.WriteAsync(message, cancellationToken);
        }
        catch (Exception exception) when (exception is RpcException or InvalidOperationException or IOException)
        {
            // The node ended the call before the stream's end: its answer says why. If it has none, this is the reason.
            await call.ResponseAsync;
            throw;
        }
    }

    /// <summary>Chunks of one buffer: each is valid until the next.</summary>
    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> ChunksAsync(
        byte[] head, Stream rest, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var at = 0; at < head.Length; at += ChunkBytes)
        {
            yield return head.AsMemory(at, Math.Min(ChunkBytes, head.Length - at));
        }

        var buffer = new byte[ChunkBytes];
        while (true)
        {
            var count = await rest.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
            if (count == 0)
            {
                yield break;
            }

            yield return buffer.AsMemory(0, count);
        }
    }
}
