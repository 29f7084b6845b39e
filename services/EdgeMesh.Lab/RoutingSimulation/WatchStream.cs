namespace EdgeMesh.Lab.RoutingSimulation;

/// <summary>The body of a watch: one message, and then nothing until the node goes. Not thread-safe.</summary>
internal sealed class WatchStream(byte[] message) : Stream
{
    private readonly TaskCompletionSource<int> _broken = new();
    private int _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => _position; set => throw new NotSupportedException(); }

    /// <summary>Ends it as a connection that breaks.</summary>
    public void Break() => _broken.TrySetException(new IOException("the connection was reset"));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position == message.Length)
        {
            return new ValueTask<int>(_broken.Task.WaitAsync(cancellationToken));
        }

        var count = Math.Min(buffer.Length, message.Length - _position);
        message.AsSpan(_position, count).CopyTo(buffer.Span);
        _position += count;
        return ValueTask.FromResult(count);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }
}
