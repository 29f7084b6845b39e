namespace EdgeMesh.Storage.Backup;

/// <summary>Collects what is written into chunks of up to 256 KiB. Flush hands out the last; without it, that one is lost.</summary>
/// <param name="write">Takes a chunk; its memory is used again once that completes.</param>
internal sealed class ChunkStream(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> write) : ForwardStream
{
    private readonly byte[] _chunk = new byte[ObjectLimits.ChunkBytes];
    private int _length;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            var taken = Math.Min(buffer.Length, _chunk.Length - _length);
            buffer[..taken].CopyTo(_chunk.AsMemory(_length));
            _length += taken;
            buffer = buffer[taken..];
            if (_length == _chunk.Length)
            {
                await FlushAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        var length = _length;
        _length = 0;
        if (length > 0)
        {
            await write(_chunk.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
        }
    }
}
