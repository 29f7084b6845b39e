using Grpc.Core;

namespace EdgeMesh.GrpcStack.Tests.Core;

public sealed class StatusTests
{
    [Fact]
    public void Equality_IsOfCodeAndDetail()
    {
        Assert.Equal(new Status(StatusCode.Aborted, "a"), new Status(StatusCode.Aborted, "a", new InvalidOperationException()));
        Assert.True(new Status(StatusCode.Aborted, "a") != new Status(StatusCode.Aborted, "b"));
        Assert.True(new Status(StatusCode.OK, "") == Status.DefaultSuccess);
    }

    [Fact]
    public void RpcException_CarriesStatusTrailersAndCause()
    {
        var cause = new InvalidOperationException("why");
        var trailers = new Metadata { { "a", "b" } };

        var fault = new RpcException(new Status(StatusCode.DataLoss, "gone", cause), trailers);

        Assert.Equal(StatusCode.DataLoss, fault.StatusCode);
        Assert.Same(trailers, fault.Trailers);
        Assert.Same(cause, fault.InnerException);
        Assert.Equal("Status(StatusCode=\"DataLoss\", Detail=\"gone\", DebugException=\"System.InvalidOperationException: why\")", fault.Message);
        Assert.Equal("said", new RpcException(Status.DefaultCancelled, "said").Message);
        Assert.Same(Metadata.Empty, new RpcException(Status.DefaultCancelled).Trailers);
    }
}
