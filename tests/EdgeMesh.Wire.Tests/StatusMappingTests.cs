using EdgeMesh.Wire;

namespace EdgeMesh.Wire.Tests;

public sealed class StatusMappingTests
{
    /// <summary>https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md</summary>
    [Theory]
    [InlineData(400, GrpcStatusCode.Internal)]
    [InlineData(401, GrpcStatusCode.Unauthenticated)]
    [InlineData(403, GrpcStatusCode.PermissionDenied)]
    [InlineData(404, GrpcStatusCode.Unimplemented)]
    [InlineData(429, GrpcStatusCode.Unavailable)]
    [InlineData(502, GrpcStatusCode.Unavailable)]
    [InlineData(503, GrpcStatusCode.Unavailable)]
    [InlineData(504, GrpcStatusCode.Unavailable)]
    [InlineData(200, GrpcStatusCode.Unknown)]
    [InlineData(302, GrpcStatusCode.Unknown)]
    [InlineData(405, GrpcStatusCode.Unknown)]
    [InlineData(500, GrpcStatusCode.Unknown)]
    public void FromHttpStatus_IsTheTable(int httpStatus, GrpcStatusCode expected) => Assert.Equal(expected, StatusMapping.FromHttpStatus(httpStatus));

    /// <summary>gRPC over HTTP2, "HTTP2 Transport Mapping", "Errors".</summary>
    [Theory]
    [InlineData(0x0, GrpcStatusCode.Internal)]
    [InlineData(0x1, GrpcStatusCode.Internal)]
    [InlineData(0x2, GrpcStatusCode.Internal)]
    [InlineData(0x3, GrpcStatusCode.Internal)]
    [InlineData(0x6, GrpcStatusCode.Internal)]
    [InlineData(0x7, GrpcStatusCode.Unavailable)]
    [InlineData(0x8, GrpcStatusCode.Cancelled)]
    [InlineData(0x9, GrpcStatusCode.Internal)]
    [InlineData(0xb, GrpcStatusCode.ResourceExhausted)]
    [InlineData(0xc, GrpcStatusCode.PermissionDenied)]
    public void FromHttp2Error_IsTheTable(long errorCode, GrpcStatusCode expected) => Assert.Equal(expected, StatusMapping.FromHttp2Error(errorCode));

    [Fact]
    public void Codes_AreTheSpecifications() => Assert.Equal(Enumerable.Range(0, 17), Enum.GetValues<GrpcStatusCode>().Select(code => (int)code));
}
