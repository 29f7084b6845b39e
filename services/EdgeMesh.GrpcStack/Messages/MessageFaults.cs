using Grpc.Core;

namespace EdgeMesh.GrpcStack.Messages;

/// <summary>The statuses of messages that cannot be sent or taken.</summary>
internal static class MessageFaults
{
    public static RpcException Incomplete() => Fault(StatusCode.Internal, "Incomplete message.");

    public static RpcException Additional() => Fault(StatusCode.Internal, "Additional data after the message received.");

    public static RpcException Malformed() => Fault(StatusCode.Internal, "Malformed message: its compressed flag is neither 0 nor 1.");

    public static RpcException NoCoding() => Fault(StatusCode.Internal, "The message is flagged as compressed, but there is no grpc-encoding.");

    public static RpcException IdentityCompressed() => Fault(StatusCode.Internal, "The message is flagged as compressed, but grpc-encoding is identity.");

    public static RpcException UnknownCoding(string name, string known) => Fault(StatusCode.Unimplemented, $"Unsupported grpc-encoding value '{name}'. Supported encodings: {known}");

    public static RpcException Undecodable(string coding, Exception cause) => new(new Status(StatusCode.Internal, $"The message is not valid {coding}.", cause));

    public static RpcException Unparsable(Exception cause) => new(new Status(StatusCode.Internal, "The message cannot be deserialized.", cause));

    public static RpcException ReceivedTooLarge(long sizeBytes, long limitBytes) =>
        Fault(StatusCode.ResourceExhausted, $"Received message exceeds the maximum configured message size: {sizeBytes} bytes, limit {limitBytes} bytes.");

    public static RpcException ExpandsTooLarge(long limitBytes) =>
        Fault(StatusCode.ResourceExhausted, $"Received message exceeds the maximum configured message size when decompressed: more than {limitBytes} bytes, limit {limitBytes} bytes.");

    public static RpcException SentTooLarge(long sizeBytes, long limitBytes) =>
        Fault(StatusCode.ResourceExhausted, $"Sending message exceeds the maximum configured message size: {sizeBytes} bytes, limit {limitBytes} bytes.");

    private static RpcException Fault(StatusCode code, string detail) => new(new Status(code, detail));
}
