using EdgeMesh.Storage.Bodies;

namespace EdgeMesh.Storage.Backup;

/// <summary>A body file from its first byte to its last, content and digest list, each chunk proven before it is handed out.</summary>
/// <remarks>Not thread-safe. Says that it can seek, because a tar writer asks only such a stream for its length; it never does.</remarks>
/// <param name="reader">Its own from now on.</param>
/// <param name="body">What is known of it.</param>
internal sealed class BodyFileStream(BodyReader reader, StoredBody body) : ForwardStream
{
    private ReadOnlyMemory<byte> _rest;
    private long _next;
    private long _position;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override long Length => body.SizeBytes + body.DigestListBytes;

    /// <inheritdoc/>
    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_rest.IsEmpty && _next <= body.ChunkCount)
        {
            _rest = _next < body.ChunkCount ? await reader.ReadChunkAsync(_next, cancellationToken).ConfigureAwait(false) : reader.DigestList;
            _next++;
        }

        var count = Math.Min(buffer.Length, _rest.Length);
        _rest[..count].CopyTo(buffer);
        _rest = _rest[count..];
        _position += count;
        return count;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            reader.Dispose();
        }

        base.Dispose(disposing);
    }
}
