using EdgeMesh.Storage.Bodies;
using EdgeMesh.V1;

namespace EdgeMesh.Storage;

/// <summary>Reads one object, or a range of it, in pieces that were proven whole.</summary>
/// <remarks>
/// Reads the generation that stood when it was opened, whatever is written or deleted meanwhile. Needs up to 1 MiB of memory. Owned by
/// one caller; not thread-safe.
/// </remarks>
public sealed class ObjectReader : IDisposable
{
    private readonly BodyReader _body;
    private readonly Func<Exception, ObjectStoreException> _failure;
    private readonly long _end;
    private long _position;

    internal ObjectReader(ObjectInfo info, BodyReader body, long offset, long length, Func<Exception, ObjectStoreException> failure)
    {
        Info = info;
        _body = body;
        _failure = failure;
        _position = offset;
        _end = offset + length;
    }

    /// <summary>What is known of the whole object.</summary>
    public ObjectInfo Info { get; }

    /// <summary>Reads the next bytes.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>1 byte to 256 KiB, good until the next call; empty at the end.</returns>
    /// <exception cref="ObjectStoreException"><see cref="ObjectStoreFault.Damaged"/>, <see cref="ObjectStoreFault.Unavailable"/>.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        if (_position == _end)
        {
            return default;
        }

        try
        {
            var (index, within) = Math.DivRem(_position, ObjectLimits.ChunkBytes);
            var chunk = await _body.ReadChunkAsync(index, cancellationToken).ConfigureAwait(false);
            var count = (int)Math.Min(chunk.Length - within, _end - _position);
            _position += count;
            return chunk.Slice((int)within, count);
        }
        catch (Exception e) when (e is DamagedBodyException || DiskFailure.Is(e))
        {
            throw _failure(e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _body.Dispose();
}
