using EdgeMesh.Admin;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace EdgeMesh.Downstream.ControlStream;

/// <summary>Where nodes join whose upstream is this one.</summary>
internal sealed class TierEndpoints : IAdminEndpoints
{
    /// <inheritdoc/>
    public void Map(IEndpointRouteBuilder endpoints) => endpoints.MapGrpcService<TierGrpcService>();
}
