using EdgeMesh.GrpcStack.Messages;
using Grpc.Core;
using Grpc.Net.Compression;

namespace EdgeMesh.GrpcStack.Client;

/// <summary>Turns a call's requests into frames. One per call; one message at a time.</summary>
internal sealed class RequestSerializer<TRequest>(Marshaller<TRequest> marshaller, int? maxLengthBytes)
{
    private readonly MessageSerializer _serializer = new(maxLengthBytes);

    /// <summary>The call's coding; null for none.</summary>
    public ICompressionProvider? Compression { get; set; }

    /// <summary>Serializes one message to a buffer of its own.</summary>
    /// <returns>Its frame.</returns>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: too long. INTERNAL: the marshaller failed.</exception>
    public ReadOnlyMemory<byte> Serialize(TRequest message, WriteOptions? options)
    {
        // Not rented: a unary request may be sent again long after the call seems done with it.
        var frame = new System.Buffers.ArrayBufferWriter<byte>();
        var compression = options?.Flags.HasFlag(WriteFlags.NoCompress) == true ? null : Compression;
        try
        {
            _serializer.Write(frame, marshaller, message, compression, level: null);
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw new RpcException(new Status(StatusCode.Internal, "Error serializing the request message.", e));
        }

        return frame.WrittenMemory;
    }
}
