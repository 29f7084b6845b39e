using System.Buffers;
using System.Buffers.Binary;

namespace EdgeMesh.Relay.Upstreams;

/// <summary>Collects one HPACK header block and writes it again, with joined values as fields of their own.</summary>
/// <remarks>RFC 7541 section 6; RFC 9113 sections 6.2 and 6.10. Owned by one <see cref="RepeatedFieldStream"/>; not thread-safe.</remarks>
internal sealed class HeaderBlockRewriter
{
    // The smallest SETTINGS_MAX_FRAME_SIZE that a peer can have (RFC 9113 section 6.5.2).
    private const int MaxFrameBytes = 16 * 1024;
    private const byte EndHeadersFlag = 0x4;
    private const byte EndStreamFlag = 0x1;

    // Four bytes of seven bits: far beyond the largest block.
    private const int MaxIntegerShift = 21;

    private readonly ArrayBufferWriter<byte> _block = new();
    private uint _streamId;
    private byte _flags;

    /// <summary>Whether a block has begun and not ended.</summary>
    public bool IsPending { get; private set; }

    /// <summary>Begins a block with the flags and stream of its HEADERS frame.</summary>
    /// <exception cref="IOException">The frame has padding or priority, which the writer above never sends.</exception>
    public void Begin(byte flags, uint streamId)
    {
        if ((flags & ~(EndHeadersFlag | EndStreamFlag)) != 0)
        {
            throw new IOException($"HEADERS frame with flags 0x{flags:x2}: only END_STREAM and END_HEADERS are expected of this HTTP/2 writer.");
        }

        _block.Clear();
        _streamId = streamId;
        _flags = (byte)(flags & EndStreamFlag);
        IsPending = true;
    }

    /// <summary>Adds the next bytes of the block.</summary>
    public void Add(ReadOnlySpan<byte> fragment) => _block.Write(fragment);

    /// <summary>Ends the block: writes it to <paramref name="output"/> as one HEADERS frame and as many CONTINUATION frames as it takes.</summary>
    public void End(ArrayBufferWriter<byte> output)
    {
        IsPending = false;
        var block = _block.WrittenSpan;
        if (block.Contains((byte)RepeatedFieldStream.Separator))
        {
            var split = new ArrayBufferWriter<byte>(block.Length + 256);
            Split(block, split);
            block = split.WrittenSpan;
        }

        byte type = 0x1;
        var flags = _flags;
        do
        {
            var fragment = block[..Math.Min(block.Length, MaxFrameBytes)];
            block = block[fragment.Length..];
            if (block.IsEmpty)
            {
                flags |= EndHeadersFlag;
            }

            var header = output.GetSpan(9);
            BinaryPrimitives.WriteUInt32BigEndian(header, (uint)fragment.Length << 8);
            header[3] = type;
            header[4] = flags;
            BinaryPrimitives.WriteUInt32BigEndian(header[5..], _streamId);
            output.Advance(9);
            output.Write(fragment);
            type = 0x9;
            flags = 0;
        }
        while (!block.IsEmpty);
    }

    private static void Split(ReadOnlySpan<byte> block, ArrayBufferWriter<byte> output)
    {
        while (!block.IsEmpty)
        {
            var field = block;
            var first = block[0];
            if ((first & 0x80) != 0)
            {
                ReadInteger(ref block, 7);
            }
            else if ((first & 0xe0) == 0x20)
            {
                ReadInteger(ref block, 5);
            }
            else
            {
                var isIndexed = (first & 0x40) != 0;
                if (ReadInteger(ref block, isIndexed ? 6 : 4) == 0)
                {
                    ReadString(ref block);
                }

                var name = field[..(field.Length - block.Length)];
                var value = ReadString(ref block);
                if (value.Contains((byte)RepeatedFieldStream.Separator))
                {
                    if (isIndexed)
                    {
                        throw new IOException("A joined metadata field was coded with the HPACK dynamic table, which cannot be rewritten field by field.");
                    }

                    foreach (var range in value.Split((byte)RepeatedFieldStream.Separator))
                    {
                        output.Write(name);
                        WriteString(value[range], output);
                    }

                    continue;
                }
            }

            output.Write(field[..(field.Length - block.Length)]);
        }
    }

    private static int ReadInteger(ref ReadOnlySpan<byte> block, int prefixBits)
    {
        var mask = (1 << prefixBits) - 1;
        var value = ReadByte(ref block) & mask;
        if (value < mask)
        {
            return value;
        }

        for (var shift = 0; shift <= MaxIntegerShift; shift += 7)
        {
            var next = ReadByte(ref block);
            value += (next & 0x7f) << shift;
            if ((next & 0x80) == 0)
            {
                return value;
            }
        }

        throw new IOException("A header block holds an integer beyond 28 bits.");
    }

    private static byte ReadByte(ref ReadOnlySpan<byte> block)
    {
        if (block.IsEmpty)
        {
            throw EndsWithinField();
        }

        var first = block[0];
        block = block[1..];
        return first;
    }

    private static IOException EndsWithinField() => new("A header block ends within a field.");

    private static ReadOnlySpan<byte> ReadString(ref ReadOnlySpan<byte> block)
    {
        if (!block.IsEmpty && (block[0] & 0x80) != 0)
        {
            throw new IOException("A header field was coded with Huffman, which is not expected of this HTTP/2 writer.");
        }

        var length = ReadInteger(ref block, 7);
        if (length > block.Length)
        {
            throw EndsWithinField();
        }

        var text = block[..length];
        block = block[length..];
        return text;
    }

    private static void WriteString(ReadOnlySpan<byte> text, ArrayBufferWriter<byte> output)
    {
        const int PrefixMax = 0x7f;
        var length = text.Length;
        var span = output.GetSpan(6);
        var written = 0;
        if (length < PrefixMax)
        {
            span[written++] = (byte)length;
        }
        else
        {
            span[written++] = PrefixMax;
            for (length -= PrefixMax; length >= 0x80; length >>= 7)
            {
                span[written++] = (byte)(length | 0x80);
            }

            span[written++] = (byte)length;
        }

        output.Advance(written);
        output.Write(text);
    }
}
