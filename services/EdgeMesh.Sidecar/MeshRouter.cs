using EdgeMesh.Relay;
using EdgeMesh.Relay.Upstreams;

namespace EdgeMesh.Sidecar;

/// <summary>Sends every call to the mesh but health checks, which ask whether the sidecar itself takes calls. What callers may ask of a node is the node's to say. Immutable; thread-safe.</summary>
internal sealed class MeshRouter(Upstream mesh) : IUpstreamRouter
{
    private const string HealthPrefix = "/grpc.health.v1.Health/";

    public IEnumerable<Upstream> Upstreams => [mesh];

    public RelayRoute Route(string path) => path.StartsWith(HealthPrefix, StringComparison.Ordinal) ? RelayRoute.Local : RelayRoute.To(mesh);
}
