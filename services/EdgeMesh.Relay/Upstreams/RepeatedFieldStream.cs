using System.Buffers;
using System.Buffers.Binary;

namespace EdgeMesh.Relay.Upstreams;

/// <summary>
/// Sits between SocketsHttpHandler's HTTP/2 and the transport, and writes a request field that holds several values
/// (joined by <see cref="Separator"/>) as several fields, which is how gRPC peers expect repeated metadata.
/// </summary>
/// <remarks>
/// SocketsHttpHandler has no way to send a field twice: it joins values with ", ", and a reader cannot tell that comma
/// from one in the value (dotnet/runtime's HTTP/2 writer; RFC 9110 section 5.3 permits the join, gRPC peers differ).
/// It codes header blocks without Huffman and without the dynamic table, so a block can be rewritten by itself:
/// <code>
/// HTTP/2 writer -> [frame header | HEADERS, CONTINUATION... ] -> rewritten when a value holds 0x1F -> transport
///                  [frame header | any other frame          ] -> as it is
/// </code>
/// Only the writing side holds state, and HTTP/2 writes are made by one caller at a time. Reads pass through.
/// </remarks>
internal sealed class RepeatedFieldStream : Stream
{
    /// <summary>Joins the values of one field: the ASCII unit separator, which no metadata value may hold.</summary>
    public const char Separator = '\u001f';

    private const int PrefaceBytes = 24;
    private const int FrameHeaderBytes = 9;
    private const byte HeadersType = 0x1;
    private const byte ContinuationType = 0x9;
    private const byte EndHeadersFlag = 0x4;

    private readonly Stream _transport;
    private readonly HeaderBlockRewriter _rewriter = new();
    private readonly byte[] _frameHeader = new byte[FrameHeaderBytes];
    private int _prefaceLeft = PrefaceBytes;
    private int _frameHeaderFilled;
    private int _payloadLeft;
    private bool _isHeaderFrame;

    public RepeatedFieldStream(Stream transport)
    {
        _transport = transport;
    }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var output = Rewrite(buffer.Span);
        return output is null ? _transport.WriteAsync(buffer, cancellationToken) : WriteOwnAsync(output, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count)
    {
        var input = buffer.AsSpan(offset, count);
        var output = Rewrite(input);
        _transport.Write(output is null ? input : output.WrittenSpan);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _transport.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        _transport.ReadAsync(buffer, offset, count, cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => _transport.Read(buffer, offset, count);

    public override Task FlushAsync(CancellationToken cancellationToken) => _transport.FlushAsync(cancellationToken);

    public override void Flush() => _transport.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override ValueTask DisposeAsync() => _transport.DisposeAsync();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _transport.Dispose();
        }
    }

    private async ValueTask WriteOwnAsync(ArrayBufferWriter<byte> output, CancellationToken cancellationToken) =>
        await _transport.WriteAsync(output.WrittenMemory, cancellationToken).ConfigureAwait(false);

    /// <summary>Follows the frames of one write.</summary>
    /// <returns>What to write instead, or null when the bytes can go out as they are.</returns>
    private ArrayBufferWriter<byte>? Rewrite(ReadOnlySpan<byte> input)
    {
        // 1. Nothing is pending and no whole header block of this write needs a change: no copy.
        if (_prefaceLeft == 0 && _frameHeaderFilled == 0 && _payloadLeft == 0 && !_rewriter.IsPending && PassesUnchanged(input))
        {
            return null;
        }

        // 2. Else each frame goes to the output, header blocks by way of the rewriter.
        var output = new ArrayBufferWriter<byte>(input.Length + 256);
        while (!input.IsEmpty)
        {
            if (_prefaceLeft > 0)
            {
                _prefaceLeft -= Copy(ref input, _prefaceLeft, output);
            }
            else if (_payloadLeft > 0)
            {
                var taken = Math.Min(_payloadLeft, input.Length);
                if (_isHeaderFrame)
                {
                    _rewriter.Add(input[..taken]);
                    input = input[taken..];
                }
                else
                {
                    Copy(ref input, taken, output);
                }

                _payloadLeft -= taken;
                EndFrameIfWhole(output);
            }
            else
            {
                var taken = Math.Min(FrameHeaderBytes - _frameHeaderFilled, input.Length);
                input[..taken].CopyTo(_frameHeader.AsSpan(_frameHeaderFilled));
                _frameHeaderFilled += taken;
                input = input[taken..];
                if (_frameHeaderFilled == FrameHeaderBytes)
                {
                    BeginFrame(output);
                }
            }
        }

        return output;
    }

    /// <summary>Whether a write is made of whole frames, none of which is part of a header block to be changed.</summary>
    private static bool PassesUnchanged(ReadOnlySpan<byte> input)
    {
        while (input.Length >= FrameHeaderBytes)
        {
            var end = FrameHeaderBytes + PayloadLength(input);
            if (end > input.Length)
            {
                return false;
            }

            if (IsHeaderFrame(input) && ((input[4] & EndHeadersFlag) == 0 || input[3] == ContinuationType || input[FrameHeaderBytes..end].Contains((byte)Separator)))
            {
                return false;
            }

            input = input[end..];
        }

        return input.IsEmpty;
    }

    private void BeginFrame(ArrayBufferWriter<byte> output)
    {
        _payloadLeft = PayloadLength(_frameHeader);
        _isHeaderFrame = IsHeaderFrame(_frameHeader);
        if (_isHeaderFrame)
        {
            if (_frameHeader[3] == HeadersType)
            {
                _rewriter.Begin(_frameHeader[4], BinaryPrimitives.ReadUInt32BigEndian(_frameHeader.AsSpan(5)));
            }
        }
        else
        {
            output.Write(_frameHeader);
        }

        EndFrameIfWhole(output);
    }

    private void EndFrameIfWhole(ArrayBufferWriter<byte> output)
    {
        if (_payloadLeft > 0)
        {
            return;
        }

        _frameHeaderFilled = 0;
        if (_isHeaderFrame && (_frameHeader[4] & EndHeadersFlag) != 0)
        {
            _rewriter.End(output);
        }
    }

    private static bool IsHeaderFrame(ReadOnlySpan<byte> frameHeader) => frameHeader[3] is HeadersType or ContinuationType;

    private static int PayloadLength(ReadOnlySpan<byte> frameHeader) => (frameHeader[0] << 16) | (frameHeader[1] << 8) | frameHeader[2];

    private static int Copy(ref ReadOnlySpan<byte> input, int most, ArrayBufferWriter<byte> output)
    {
        var taken = Math.Min(most, input.Length);
        output.Write(input[..taken]);
        input = input[taken..];
        return taken;
    }
}
