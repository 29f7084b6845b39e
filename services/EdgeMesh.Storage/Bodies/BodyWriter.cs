using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace EdgeMesh.Storage.Bodies;

/// <summary>Writes one body file: content as it comes, digests on the way, then durable under its final name.</summary>
/// <remarks>
/// <code>
/// content ... content | digest of chunk 0, digest of chunk 1, ...      (32 bytes each; no list for a single chunk)
/// </code>
/// Holds one pooled buffer of a chunk and the list (640 KiB at 5 GiB), whatever the size. Hashing a chunk overlaps with writing it.
/// Owned by one caller; not thread-safe.
/// </remarks>
internal sealed class BodyWriter : IDisposable
{
    private readonly BodyDirectory _directory;
    private readonly BlockingWorkers _workers;
    private readonly SafeFileHandle _file;
    private readonly IncrementalHash _whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly ArrayBufferWriter<byte> _list = new();
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(ObjectLimits.ChunkBytes);
    private int _filled;
    private long _written;
    private bool _named;

    /// <summary>Creates the file.</summary>
    internal BodyWriter(BodyDirectory directory, BlockingWorkers workers)
    {
        _directory = directory;
        _workers = workers;
        Id = BodyDirectory.NewId();
        _file = directory.Create(Id);
    }

    /// <summary>The body's id.</summary>
    internal string Id { get; }

    /// <summary>Bytes taken so far.</summary>
    internal long SizeBytes => _written + _filled;

    /// <summary>Takes the next bytes. Their memory is free again when this completes.</summary>
    internal async ValueTask AppendAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        while (!content.IsEmpty)
        {
            if (_filled == 0 && content.Length >= ObjectLimits.ChunkBytes)
            {
                await WriteChunkAsync(content[..ObjectLimits.ChunkBytes], cancellationToken).ConfigureAwait(false);
                content = content[ObjectLimits.ChunkBytes..];
                continue;
            }

            var taken = Math.Min(content.Length, ObjectLimits.ChunkBytes - _filled);
            content[..taken].CopyTo(_buffer.AsMemory(_filled));
            _filled += taken;
            content = content[taken..];
            if (_filled == ObjectLimits.ChunkBytes)
            {
                await WriteBufferAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Takes the end of the content: writes what is left, then the digest list. Nothing is durable yet.</summary>
    internal async Task<StoredBody> FinishAsync(CancellationToken cancellationToken)
    {
        if (_filled > 0)
        {
            await WriteBufferAsync(cancellationToken).ConfigureAwait(false);
        }

        var body = new StoredBody(Id, _written, _whole.GetHashAndReset(), []);
        if (body.DigestListBytes == 0)
        {
            return body;
        }

        await RandomAccess.WriteAsync(_file, _list.WrittenMemory, _written, cancellationToken).ConfigureAwait(false);
        return body with { DigestListSha256 = SHA256.HashData(_list.WrittenSpan) };
    }

    /// <summary>Makes the finished file durable under its final name.</summary>
    internal async Task PublishAsync()
    {
        // Set first: a failure midway may leave the file under either name.
        _named = true;
        await _workers.RunAsync(() => _directory.Publish(Id, _file)).ConfigureAwait(false);
    }

    /// <summary>Removes the file again, wherever it has got to.</summary>
    internal Task DiscardAsync() => _workers.RunAsync(() =>
    {
        _directory.RemoveTemporary(Id);
        if (_named)
        {
            _directory.Remove(Id);
        }
    });

    /// <summary>Closes the file. It stays where it is.</summary>
    public void Dispose()
    {
        _file.Dispose();
        _whole.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
    }

    private async ValueTask WriteBufferAsync(CancellationToken cancellationToken)
    {
        await WriteChunkAsync(_buffer.AsMemory(0, _filled), cancellationToken).ConfigureAwait(false);
        _filled = 0;
    }

    private async ValueTask WriteChunkAsync(ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken)
    {
        var writing = RandomAccess.WriteAsync(_file, chunk, _written, cancellationToken);
        _whole.AppendData(chunk.Span);
        SHA256.HashData(chunk.Span, _list.GetSpan(ObjectLimits.Sha256Bytes));
        _list.Advance(ObjectLimits.Sha256Bytes);
        await writing.ConfigureAwait(false);
        _written += chunk.Length;
    }
}
