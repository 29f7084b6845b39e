using EdgeMesh.Admin;
using EdgeMesh.Client;
using EdgeMesh.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace EdgeMesh.Sidecar;

/// <summary>Serves <c>edgemesh.v1.RouteService</c>. Thread-safe.</summary>
internal sealed class RouteGrpcService(EdgeMeshHandler handler, SidecarOptions options) : RouteService.RouteServiceBase
{
    private const int MaxChars = 1024;

    public override Task<ExplainRouteResponse> ExplainRoute(ExplainRouteRequest request, ServerCallContext context)
    {
        if (request.Method.Length is 0 or > MaxChars || request.Key.Length > MaxChars)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, request.Key.Length > MaxChars
                ? $"key must have up to {MaxChars} characters, got {request.Key.Length}"
                : $"method must have 1 to {MaxChars} characters, got {request.Method.Length}"));
        }

        return request.Key.Length == 0 || options.Sticky is not null
            ? Task.FromResult(RouteMessages.Write(handler.Explain(request.Method, request.Key)))
            : throw new RpcException(new Status(StatusCode.FailedPrecondition, "calls have no keys here: start the sidecar with --sticky"));
    }
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
