using System.Buffers;
using System.Buffers.Binary;

namespace EdgeMesh.Wire;

/// <summary>What a length-prefixed message's five-byte header says.</summary>
/// <param name="IsCompressed">Whether the message is coded with the call's <c>grpc-encoding</c>.</param>
/// <param name="LengthBytes">Length of the message as sent, 0 to 2^32 - 1 bytes.</param>
public readonly record struct MessageFrameHeader(bool IsCompressed, uint LengthBytes);

/// <summary>What stands at the front of a buffer.</summary>
public enum MessageFrameStatus
{
    /// <summary>A whole message.</summary>
    Complete,

    /// <summary>The beginning of one, or nothing.</summary>
    Incomplete,

    /// <summary>A compressed flag other than 0 or 1.</summary>
    Malformed,

    /// <summary>A message longer than the limit.</summary>
    TooLarge,
}

/// <summary>Length-prefixed messages: a flag byte, a big-endian 32-bit length, the message.</summary>
/// <remarks>gRPC over HTTP2, "Length-Prefixed-Message". Stateless; thread-safe; allocates nothing.</remarks>
public static class MessageFrame
{
    /// <summary>Bytes before each message.</summary>
    public const int HeaderSize = 5;

    /// <summary>Writes a header to the first <see cref="HeaderSize"/> bytes of <paramref name="destination"/>.</summary>
    public static void WriteHeader(Span<byte> destination, bool isCompressed, uint lengthBytes)
    {
        destination[0] = isCompressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32BigEndian(destination[1..], lengthBytes);
    }

    /// <summary>Takes one message off the front of <paramref name="buffer"/>.</summary>
    /// <param name="buffer">Advanced past the message when the answer is <see cref="MessageFrameStatus.Complete"/>; else untouched.</param>
    /// <param name="maxLengthBytes">Longest message allowed, as sent.</param>
    /// <param name="header">The message's header, once five bytes are there.</param>
    /// <param name="message">The message without its header; empty unless complete.</param>
    public static MessageFrameStatus TryRead(ref ReadOnlySequence<byte> buffer, long maxLengthBytes, out MessageFrameHeader header, out ReadOnlySequence<byte> message)
    {
        header = default;
        message = default;
        if (buffer.Length < HeaderSize)
        {
            return !buffer.IsEmpty && buffer.FirstSpan[0] > 1 ? MessageFrameStatus.Malformed : MessageFrameStatus.Incomplete;
        }

        Span<byte> copy = stackalloc byte[HeaderSize];
        scoped var prefix = buffer.FirstSpan;
        if (prefix.Length < HeaderSize)
        {
            buffer.Slice(0, HeaderSize).CopyTo(copy);
            prefix = copy;
        }

        if (prefix[0] > 1)
        {
            return MessageFrameStatus.Malformed;
        }

        header = new MessageFrameHeader(prefix[0] == 1, BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]));
        if (header.LengthBytes > maxLengthBytes)
        {
            return MessageFrameStatus.TooLarge;
        }

        if (buffer.Length - HeaderSize < header.LengthBytes)
        {
            return MessageFrameStatus.Incomplete;
        }

        message = buffer.Slice(HeaderSize, header.LengthBytes);
        buffer = buffer.Slice(message.End);
        return MessageFrameStatus.Complete;
    }
}
