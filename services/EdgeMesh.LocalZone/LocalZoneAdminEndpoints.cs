using EdgeMesh.Admin;
using EdgeMesh.Workloads;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace EdgeMesh.LocalZone;

/// <summary>The control of a zone's workloads, on its admin listener.</summary>
internal sealed class LocalZoneAdminEndpoints : IAdminEndpoints
{
    /// <inheritdoc/>
    public void Map(IEndpointRouteBuilder endpoints) => endpoints.MapGrpcService<WorkloadGrpcService>();
}
