using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using EdgeMesh.Wire;

namespace EdgeMesh.Relay.Cache;

/// <summary>Takes gzip off messages: requests for their key, stored answers for a caller that does not accept it.</summary>
/// <remarks>RFC 1952; bounded, so that a small message cannot become one without end.</remarks>
internal static class GzipMessages
{
    // RFC 1952 section 2.3: ten bytes of header, an empty block of two, a checksum and the length of what was compressed.
    private const int LeastBytes = 20;

    /// <summary>The same frame with its message as it is, or the frame itself when it is not compressed.</summary>
    /// <returns>Null when it does not decompress within <paramref name="maxBytes"/>.</returns>
    public static byte[]? DecompressFrame(byte[] frame, int maxBytes)
    {
        var rest = new ReadOnlySequence<byte>(frame);
        if (MessageFrame.TryRead(ref rest, frame.Length, out var header, out _) != MessageFrameStatus.Complete)
        {
            return null;
        }

        if (!header.IsCompressed)
        {
            return frame;
        }

        if (Decompress(new ArraySegment<byte>(frame, MessageFrame.HeaderSize, (int)header.LengthBytes), maxBytes) is not { } plain)
        {
            return null;
        }

        var output = new byte[MessageFrame.HeaderSize + plain.Length];
        MessageFrame.WriteHeader(output, isCompressed: false, (uint)plain.Length);
        plain.CopyTo(output, MessageFrame.HeaderSize);
        return output;
    }

    /// <summary>A message without its frame, as it is.</summary>
    /// <remarks>The library takes a few bytes of anything for an empty message, and leaves out what follows the last member: neither may have the key, or be the answer, of another message.</remarks>
    /// <returns>Null when it is not one member of gzip, whole and nothing else, or does not decompress within <paramref name="maxBytes"/>.</returns>
    public static byte[]? Decompress(ArraySegment<byte> compressed, int maxBytes)
    {
        if (compressed.Count < LeastBytes)
        {
            return null;
        }

        try
        {
            using var gzip = new GZipStream(new MemoryStream(compressed.Array!, compressed.Offset, compressed.Count, writable: false), CompressionMode.Decompress);
            return ReadBounded(gzip, maxBytes) is { } plain && BinaryPrimitives.ReadUInt32LittleEndian(compressed.AsSpan()[^sizeof(uint)..]) == (uint)plain.Length ? plain : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>Reads a stream to its end.</summary>
    /// <returns>Null when it is longer than <paramref name="maxBytes"/>.</returns>
    private static byte[]? ReadBounded(Stream stream, int maxBytes)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            var output = new ArrayBufferWriter<byte>();
            int read;
            while ((read = stream.Read(buffer)) > 0)
            {
                if (output.WrittenCount + read > maxBytes)
                {
                    return null;
                }

                output.Write(buffer.AsSpan(0, read));
            }

            return output.WrittenSpan.ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
