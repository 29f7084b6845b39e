using EdgeMesh.Relay;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.Wire;

namespace EdgeMesh.EdgeLocation;

/// <summary>Sends everything to the Region but this node's own health, and refuses the control plane.</summary>
/// <remarks>Immutable; thread-safe.</remarks>
internal sealed class RegionRouter(string edge, Upstream region) : IUpstreamRouter
{
    private const string HealthPrefix = "/grpc.health.v1.Health/";

    // Control methods are a node's own business with its Region; a caller of an edge gets at none of them.
    private static readonly string[] ControlPrefixes = ["/edgemesh.v1.TopologyService/"];

    public IEnumerable<Upstream> Upstreams => [region];

    public RelayRoute Route(string path)
    {
        if (path.StartsWith(HealthPrefix, StringComparison.Ordinal))
        {
            return RelayRoute.Local;
        }

        foreach (var control in ControlPrefixes)
        {
            if (path.StartsWith(control, StringComparison.Ordinal))
            {
                return RelayRoute.Refuse(GrpcStatusCode.PermissionDenied, $"edge location {edge} does not relay control methods, got {NodeNames.Quote(path)}: ask the Region");
            }
        }

        return RelayRoute.To(region);
    }
}
