using System.Buffers;
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

    /// <summary>Appends one message's frame to <paramref name="output"/>.</summary>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: too long. INTERNAL: the marshaller failed.</exception>
    public void Write(IBufferWriter<byte> output, TRequest message, WriteOptions? options)
    {
        var compression = options?.Flags.HasFlag(WriteFlags.NoCompress) == true ? null : Compression;
        try
        {
            _serializer.Write(output, marshaller, message, compression, level: null);
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw new RpcException(new Status(StatusCode.Internal, "Error serializing the request message.", e));
        }
    }
}
