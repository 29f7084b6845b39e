using EdgeMesh.Admin;
using EdgeMesh.Client;
using EdgeMesh.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace EdgeMesh.Sidecar;

/// <summary>Serves <c>edgemesh.v1.RouteService</c>. Thread-safe.</summary>
internal sealed class RouteGrpcService(EdgeMeshHandler handler) : RouteService.RouteServiceBase
{
    private const int MaxMethodChars = 1024;

    public override Task<ExplainRouteResponse> ExplainRoute(ExplainRouteRequest request, ServerCallContext context) =>
        request.Method.Length is > 0 and <= MaxMethodChars
            ? Task.FromResult(RouteMessages.Write(handler.Explain(request.Method)))
            : throw new RpcException(new Status(StatusCode.InvalidArgument, $"method must have 1 to {MaxMethodChars} characters, got {request.Method.Length}"));
}

/// <summary>The control services of a sidecar.</summary>
internal sealed class SidecarEndpoints : IAdminEndpoints
{
    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGrpcService<AdminGrpcService>();
        endpoints.MapGrpcService<RouteGrpcService>();
    }
}
