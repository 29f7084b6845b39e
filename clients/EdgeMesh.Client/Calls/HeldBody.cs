using System.Buffers;

namespace EdgeMesh.Client.Calls;

/// <summary>Takes a request's body in whole, up to a limit.</summary>
/// <remarks>A stream that a content writes itself to. Not thread-safe.</remarks>
internal sealed class HeldBody(int maxBytes) : Stream
{
    private readonly ArrayBufferWriter<byte> _body = new(1024);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _body.WrittenCount;

    public override long Position { get => _body.WrittenCount; set => throw new NotSupportedException(); }

    /// <summary>Takes in a content.</summary>
    /// <returns>Null: it is longer than the limit. Contents of unary calls write the same again when they are asked again.</returns>
    public static async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(HttpContent? content, int maxBytes, CancellationToken cancellationToken)
    {
        if (content is null)
        {
            return ReadOnlyMemory<byte>.Empty;
        }

        var held = new HeldBody(maxBytes);
        try
        {
            await content.CopyToAsync(held, cancellationToken).ConfigureAwait(false);
            return held._body.WrittenMemory;
        }
        catch (Exception fault) when (held.IsOver && fault is not OperationCanceledException)
        {
            return null;
        }
    }

    private bool IsOver { get; set; }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (buffer.Length > maxBytes - _body.WrittenCount)
        {
            IsOver = true;
            throw new IOException("The body is longer than what is held.");
        }

        _body.Write(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        Write(buffer.AsSpan(offset, count));
        return Task.CompletedTask;
    }

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
