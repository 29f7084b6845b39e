namespace EdgeMesh.Wire;

/// <summary>Names of headers and trailers that gRPC over HTTP2 gives a meaning to, in lower case as on the wire.</summary>
public static class HeaderNames
{
    /// <summary>Media type; starts with <see cref="GrpcContentType"/>.</summary>
    public const string ContentType = "content-type";

    /// <summary>Media type of every gRPC request and answer, perhaps with <c>+proto</c> or another suffix.</summary>
    public const string GrpcContentType = "application/grpc";

    /// <summary>Must be <c>trailers</c> in a request.</summary>
    public const string Te = "te";

    /// <summary>How long the caller waits: see <see cref="GrpcTimeout"/>.</summary>
    public const string GrpcTimeout = "grpc-timeout";

    /// <summary>The coding of compressed messages in this direction.</summary>
    public const string GrpcEncoding = "grpc-encoding";

    /// <summary>The codings that the sender of this header takes.</summary>
    public const string GrpcAcceptEncoding = "grpc-accept-encoding";

    /// <summary>The status code, decimal.</summary>
    public const string GrpcStatus = "grpc-status";

    /// <summary>The status message: see <see cref="PercentEncoding"/>.</summary>
    public const string GrpcMessage = "grpc-message";

    /// <summary>A serialized google.rpc.Status.</summary>
    public const string GrpcStatusDetails = "grpc-status-details-bin";
}
