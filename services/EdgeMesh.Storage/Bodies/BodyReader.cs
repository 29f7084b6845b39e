using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace EdgeMesh.Storage.Bodies;

/// <summary>A body file has not the bytes that were written.</summary>
/// <param name="message">What is wrong with it, for the log.</param>
internal sealed class DamagedBodyException(string message) : Exception(message);

/// <summary>Reads one body file, and proves each chunk before it hands it out.</summary>
/// <remarks>
/// A chunk is proven by its digest in the list, the list by its digest in the metadata, so a range costs no more than the chunks that it
/// touches and the list. Holds a pooled chunk, and the list where there is one. Owned by one caller; not thread-safe.
/// </remarks>
internal sealed class BodyReader : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly StoredBody _body;
    private byte[]? _list;
    private byte[]? _chunk;

    private BodyReader(SafeFileHandle file, StoredBody body)
    {
        _file = file;
        _body = body;
    }

    /// <summary>Opens a body and proves its length and its digest list.</summary>
    /// <exception cref="FileNotFoundException">It is not there.</exception>
    /// <exception cref="DamagedBodyException">It is not whole.</exception>
    internal static async Task<BodyReader> OpenAsync(BodyDirectory directory, StoredBody body, CancellationToken cancellationToken)
    {
        var reader = new BodyReader(directory.OpenRead(body.Id), body);
        try
        {
            await reader.LoadListAsync(cancellationToken).ConfigureAwait(false);
            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>The proven digest list; empty where there is none.</summary>
    internal ReadOnlyMemory<byte> DigestList => _list.AsMemory(0, _body.DigestListBytes);

    /// <summary>Reads and proves all of the content.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A new array of the content's length.</returns>
    internal async Task<byte[]> ReadAllAsync(CancellationToken cancellationToken)
    {
        var content = GC.AllocateUninitializedArray<byte>((int)_body.SizeBytes);
        await ReadExactlyAsync(content, 0, cancellationToken).ConfigureAwait(false);
        Prove(content, _body.Sha256, "content");
        return content;
    }

    /// <summary>Reads and proves one chunk.</summary>
    /// <param name="index">0 to <see cref="StoredBody.ChunkCount"/> - 1.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The chunk; good until the next call.</returns>
    internal async ValueTask<ReadOnlyMemory<byte>> ReadChunkAsync(long index, CancellationToken cancellationToken)
    {
        _chunk ??= ArrayPool<byte>.Shared.Rent(ObjectLimits.ChunkBytes);
        var offset = index * ObjectLimits.ChunkBytes;
        var chunk = _chunk.AsMemory(0, (int)Math.Min(ObjectLimits.ChunkBytes, _body.SizeBytes - offset));
        await ReadExactlyAsync(chunk, offset, cancellationToken).ConfigureAwait(false);
        Prove(chunk.Span, _list is null ? _body.Sha256 : _list.AsSpan((int)index * ObjectLimits.Sha256Bytes, ObjectLimits.Sha256Bytes), $"chunk {index}");
        return chunk;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        _file.Dispose();
        Return(ref _list);
        Return(ref _chunk);
    }

    private static void Return(ref byte[]? buffer)
    {
        if (buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = null;
        }
    }

    private async Task LoadListAsync(CancellationToken cancellationToken)
    {
        var length = RandomAccess.GetLength(_file);
        var expected = _body.SizeBytes + _body.DigestListBytes;
        if (length != expected)
        {
            throw new DamagedBodyException($"Body {_body.Id} has {length} bytes, not {expected}");
        }

        if (_body.DigestListBytes > 0)
        {
            _list = ArrayPool<byte>.Shared.Rent(_body.DigestListBytes);
            await ReadExactlyAsync(_list.AsMemory(0, _body.DigestListBytes), _body.SizeBytes, cancellationToken).ConfigureAwait(false);
            Prove(_list.AsSpan(0, _body.DigestListBytes), _body.DigestListSha256, "digest list");
        }
    }

    private async ValueTask ReadExactlyAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken)
    {
        while (!buffer.IsEmpty)
        {
            var read = await RandomAccess.ReadAsync(_file, buffer, offset, cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                throw new DamagedBodyException($"Body {_body.Id} ends at byte {offset}");
            }

            buffer = buffer[read..];
            offset += read;
        }
    }

    private void Prove(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> digest, string what)
    {
        Span<byte> actual = stackalloc byte[ObjectLimits.Sha256Bytes];
        SHA256.HashData(bytes, actual);
        if (!actual.SequenceEqual(digest))
        {
            throw new DamagedBodyException($"Body {_body.Id}: {what} has another SHA-256 than when it was written");
        }
    }
}
