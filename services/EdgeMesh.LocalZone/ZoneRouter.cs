using EdgeMesh.Relay;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.Workloads;

namespace EdgeMesh.LocalZone;

/// <summary>Keeps calls to services placed in the zone there, as long as its group is opted into, and passes all others on.</summary>
/// <param name="placement">Whether the zone takes placements.</param>
/// <param name="placed">Knows the zone's workloads, and falls back to <paramref name="others"/> where none of their replicas is well.</param>
/// <param name="others">Leads to the parent.</param>
/// <param name="describesPlaced">Whether the zone has descriptors of what is placed there, and answers reflection itself.</param>
/// <remarks>A call that runs when the group is opted out of ends where it began. Thread-safe.</remarks>
internal sealed class ZoneRouter(Placement placement, WorkloadRouter placed, IUpstreamRouter others, bool describesPlaced) : IUpstreamRouter
{
    private const string ReflectionPrefix = "/grpc.reflection.";

    /// <inheritdoc/>
    public IEnumerable<Upstream> Upstreams => placed.Upstreams;

    /// <inheritdoc/>
    public RelayRoute Route(string path) =>
        !placement.IsEnabled ? others.Route(path)
        : describesPlaced && path.StartsWith(ReflectionPrefix, StringComparison.Ordinal) ? RelayRoute.Local
        : placed.Route(path);
}
