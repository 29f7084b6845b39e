namespace EdgeMesh.Wire;

/// <summary>Which gRPC status stands for an answer that carries none.</summary>
/// <remarks>Stateless; thread-safe.</remarks>
public static class StatusMapping
{
    /// <summary>The status for an HTTP status code whose answer is not gRPC.</summary>
    /// <remarks>https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md</remarks>
    public static GrpcStatusCode FromHttpStatus(int httpStatus) => httpStatus switch
    {
        400 => GrpcStatusCode.Internal,
        401 => GrpcStatusCode.Unauthenticated,
        403 => GrpcStatusCode.PermissionDenied,
        404 => GrpcStatusCode.Unimplemented,
        429 or 502 or 503 or 504 => GrpcStatusCode.Unavailable,
        _ => GrpcStatusCode.Unknown,
    };

    /// <summary>The status for an HTTP/2 error code of RST_STREAM or GOAWAY (RFC 9113 section 7).</summary>
    /// <remarks>gRPC over HTTP2, "HTTP2 Transport Mapping", "Errors".</remarks>
    public static GrpcStatusCode FromHttp2Error(long errorCode) => errorCode switch
    {
        0x7 => GrpcStatusCode.Unavailable,
        0x8 => GrpcStatusCode.Cancelled,
        0xb => GrpcStatusCode.ResourceExhausted,
        0xc => GrpcStatusCode.PermissionDenied,
        _ => GrpcStatusCode.Internal,
    };
}
