using System.Buffers;
using EdgeMesh.Wire;
using Grpc.Core;
using Grpc.Net.Compression;

namespace EdgeMesh.GrpcStack.Messages;

/// <summary>Takes messages off a buffer of frames: checks the limit, decompresses, deserializes.</summary>
/// <param name="maxLengthBytes">Longest message, as sent and as decompressed; null for as long as an array can be.</param>
/// <param name="codings">The codings known.</param>
/// <param name="coding">The peer's <c>grpc-encoding</c>, or null.</param>
/// <remarks>One per call; one message at a time.</remarks>
internal sealed class MessageDeserializer(int? maxLengthBytes, MessageCodings codings, string? coding) : DeserializationContext
{
    /// <summary>Step in which a compressed message grows while it is decompressed.</summary>
    private const int ChunkBytes = 16 * 1024;

    private readonly int _limitBytes = maxLengthBytes ?? Array.MaxLength;
    private ReadOnlySequence<byte> _payload;

    /// <inheritdoc/>
    public override int PayloadLength => (int)_payload.Length;

    /// <inheritdoc/>
    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => _payload;

    /// <summary>Takes one message off the front of <paramref name="buffer"/>, which is advanced past it.</summary>
    /// <returns>False, and the buffer untouched, while the message is not all there.</returns>
    /// <exception cref="RpcException">
    /// INTERNAL: malformed, not to be deserialized, or compressed without a coding. UNIMPLEMENTED: an unknown coding.
    /// RESOURCE_EXHAUSTED: too long, which is known from its first five bytes, or after decompressing no more than the limit.
    /// </exception>
    public bool TryRead<T>(ref ReadOnlySequence<byte> buffer, Marshaller<T> marshaller, out T? message)
        where T : class
    {
        message = null;
        switch (MessageFrame.TryRead(ref buffer, _limitBytes, out var header, out var payload))
        {
            case MessageFrameStatus.Incomplete: return false;
            case MessageFrameStatus.Malformed: throw MessageFaults.Malformed();
            case MessageFrameStatus.TooLarge: throw MessageFaults.ReceivedTooLarge(header.LengthBytes, _limitBytes);
        }

        message = header.IsCompressed ? Decompress(payload, marshaller) : Deserialize(payload, marshaller);
        return true;
    }

    private T Decompress<T>(in ReadOnlySequence<byte> compressed, Marshaller<T> marshaller)
    {
        var provider = FindProvider();
        using var buffer = new PooledBufferWriter((int)Math.Clamp(compressed.Length * 2, ChunkBytes, Math.Max(ChunkBytes, _limitBytes)));
        try
        {
            using var stream = provider.CreateDecompressionStream(new SequenceStream(compressed));
            int read;
            while ((read = stream.Read(buffer.GetSpan(ChunkBytes))) > 0)
            {
                buffer.Advance(read);
                if (buffer.WrittenCount > _limitBytes)
                {
                    throw MessageFaults.ExpandsTooLarge(_limitBytes);
                }
            }
        }
        catch (InvalidDataException e)
        {
            throw MessageFaults.Undecodable(coding!, e);
        }

        return Deserialize(new ReadOnlySequence<byte>(buffer.WrittenMemory), marshaller);
    }

    private ICompressionProvider FindProvider()
    {
        if (coding is null)
        {
            throw MessageFaults.NoCoding();
        }

        if (coding == MessageCodings.Identity)
        {
            throw MessageFaults.IdentityCompressed();
        }

        return codings.Find(coding) ?? throw MessageFaults.UnknownCoding(coding, codings.AcceptEncoding);
    }

    private T Deserialize<T>(in ReadOnlySequence<byte> payload, Marshaller<T> marshaller)
    {
        _payload = payload;
        try
        {
            return marshaller.ContextualDeserializer(this);
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw MessageFaults.Unparsable(e);
        }
        finally
        {
            _payload = default;
        }
    }
}
