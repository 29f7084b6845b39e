using System.Buffers;
using System.IO.Compression;
using EdgeMesh.Wire;
using Grpc.Core;
using Grpc.Net.Compression;

namespace EdgeMesh.GrpcStack.Messages;

/// <summary>Writes messages as frames: serializes, compresses if the call does, checks the limit.</summary>
/// <param name="maxLengthBytes">Longest message before compression; null for no limit.</param>
/// <remarks>
/// One per call; one message at a time. An uncompressed message whose length its marshaller announces, as Google.Protobuf does,
/// goes straight to the output; any other through a rented buffer.
/// </remarks>
internal sealed class MessageSerializer(int? maxLengthBytes) : SerializationContext
{
    private IBufferWriter<byte>? _output;
    private ICompressionProvider? _compression;
    private CompressionLevel? _level;
    private PooledBufferWriter? _buffer;
    private int? _length;

    /// <summary>Appends one frame to <paramref name="output"/>.</summary>
    /// <param name="output">Where the frame goes. Flushing is the caller's.</param>
    /// <param name="marshaller">The message's marshaller.</param>
    /// <param name="message">The message.</param>
    /// <param name="compression">Null to send it as it is.</param>
    /// <param name="level">Null for the coding's default.</param>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: too long. Nothing has been written.</exception>
    public void Write<T>(IBufferWriter<byte> output, Marshaller<T> marshaller, T message, ICompressionProvider? compression, CompressionLevel? level)
    {
        _output = output;
        _compression = compression;
        _level = level;
        _length = null;
        try
        {
            marshaller.ContextualSerializer(message, this);
        }
        finally
        {
            _buffer?.Dispose();
            _buffer = null;
            _output = null;
        }
    }

    /// <inheritdoc/>
    public override void SetPayloadLength(int payloadLength)
    {
        ThrowIfTooLarge(payloadLength);
        _length = payloadLength;
    }

    /// <inheritdoc/>
    public override IBufferWriter<byte> GetBufferWriter()
    {
        if (_compression is null && _length is { } length)
        {
            WriteHeader(false, length);
            return _output!;
        }

        return _buffer ??= new PooledBufferWriter(_length ?? 0);
    }

    /// <inheritdoc/>
    public override void Complete(byte[] payload) => WritePayload(payload);

    /// <inheritdoc/>
    public override void Complete()
    {
        if (_buffer is not null)
        {
            WritePayload(_buffer.WrittenMemory);
        }
    }

    private void WritePayload(ReadOnlyMemory<byte> payload)
    {
        ThrowIfTooLarge(payload.Length);

        // Nothing cannot get smaller. Besides, GZipStream turns it into no bytes at all, which others refuse as gzip.
        if (_compression is null || payload.IsEmpty)
        {
            WriteHeader(false, payload.Length);
            _output!.Write(payload.Span);
            return;
        }

        using var compressed = new PooledBufferWriter(payload.Length);
        using (var stream = _compression.CreateCompressionStream(new BufferWriterStream(compressed), _level))
        {
            stream.Write(payload.Span);
        }

        WriteHeader(true, compressed.WrittenCount);
        _output!.Write(compressed.WrittenMemory.Span);
    }

    private void WriteHeader(bool isCompressed, int lengthBytes)
    {
        MessageFrame.WriteHeader(_output!.GetSpan(MessageFrame.HeaderSize), isCompressed, (uint)lengthBytes);
        _output.Advance(MessageFrame.HeaderSize);
    }

    private void ThrowIfTooLarge(int lengthBytes)
    {
        if (lengthBytes > maxLengthBytes)
        {
            throw MessageFaults.SentTooLarge(lengthBytes, maxLengthBytes.Value);
        }
    }
}
