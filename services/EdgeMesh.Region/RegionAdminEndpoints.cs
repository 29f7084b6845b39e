using EdgeMesh.Admin;
using EdgeMesh.Region.Log;
using EdgeMesh.Region.Measurements;
using EdgeMesh.Region.Policies;
using EdgeMesh.Region.Tokens;
using EdgeMesh.Region.Topology;
using EdgeMesh.Region.Zones;
using EdgeMesh.Workloads;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace EdgeMesh.Region;

/// <summary>The control services of a Region, and what it tells everyone of latency: on its admin listener, and behind the gate on its data listener.</summary>
internal sealed class RegionAdminEndpoints : IAdminEndpoints
{
    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGrpcService<TopologyGrpcService>();
        endpoints.MapGrpcService<RegionAdminGrpcService>();
        endpoints.MapGrpcService<LatencyGrpcService>();
        endpoints.MapGrpcService<InvalidationGrpcService>();
        endpoints.MapGrpcService<PolicyGrpcService>();
        endpoints.MapGrpcService<WorkloadGrpcService>();
        endpoints.MapGrpcService<ZoneGrpcService>();
    }
}
