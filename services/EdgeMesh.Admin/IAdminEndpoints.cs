using Microsoft.AspNetCore.Routing;

namespace EdgeMesh.Admin;

/// <summary>A group of endpoints of the admin listener. Every registered one is mapped.</summary>
public interface IAdminEndpoints
{
    /// <summary>Maps them.</summary>
    void Map(IEndpointRouteBuilder endpoints);
}
