using System.Buffers.Binary;

namespace EdgeMesh.GrpcStack.Tests.Server;

/// <summary>An HTTP/2 frame that a server sent on a stream.</summary>
internal sealed record RecordedFrame(FrameType Type, bool EndStream, uint StreamId, byte[] Payload);

/// <summary>HTTP/2 frame types that tests look at (RFC 9113 section 6).</summary>
internal enum FrameType : byte
{
    Data = 0,
    Headers = 1,
    RstStream = 3,
    Settings = 4,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
}

/// <summary>A connection that keeps a copy of what it reads, to be looked at as HTTP/2 frames.</summary>
internal sealed class FrameRecorder(Stream inner) : Stream
{
    private readonly Lock _gate = new();
    private readonly List<byte> _read = [];

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The whole frames read so far on streams, thus without those of the connection.</summary>
    public IReadOnlyList<RecordedFrame> StreamFrames()
    {
        byte[] bytes;
        lock (_gate)
        {
            bytes = [.. _read];
        }

        var frames = new List<RecordedFrame>();
        for (var at = 0; at + 9 <= bytes.Length;)
        {
            var length = (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2];
            if (at + 9 + length > bytes.Length)
            {
                break;
            }

            var streamId = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at + 5)) & 0x7fff_ffff;
            if (streamId != 0 && (FrameType)bytes[at + 3] != FrameType.WindowUpdate)
            {
                var type = (FrameType)bytes[at + 3];
                frames.Add(new RecordedFrame(type, type is FrameType.Data or FrameType.Headers && (bytes[at + 4] & 1) != 0, streamId, bytes[(at + 9)..(at + 9 + length)]));
            }

            at += 9 + length;
        }

        return frames;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await inner.ReadAsync(buffer, cancellationToken);
        lock (_gate)
        {
            _read.AddRange(buffer.Span[..count]);
        }

        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => inner.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => inner.WriteAsync(buffer, offset, count, cancellationToken);

    public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Flush() => inner.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }
    }
}
