using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace EdgeMesh.Admin;

/// <summary>The control service of a node that is not a Region.</summary>
public sealed class AdminControlEndpoints : IAdminEndpoints
{
    /// <inheritdoc/>
    public void Map(IEndpointRouteBuilder endpoints) => endpoints.MapGrpcService<AdminGrpcService>();
}
