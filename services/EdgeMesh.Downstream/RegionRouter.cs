using EdgeMesh.Relay;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.Wire;

namespace EdgeMesh.Downstream;

/// <summary>Sends everything to the Region but what this node answers itself, and refuses what is not for its callers.</summary>
/// <param name="node">Kind and name of this node, for messages to people.</param>
/// <param name="region">The next node.</param>
/// <remarks>
/// Of EdgeMesh's own services, only what <see cref="DataServices"/> and <see cref="DataMethods"/> name is relayed: control is a node's own business
/// with its Region, and a service that is new and not named here is refused. A path that could be one of EdgeMesh's own in other letters or with more
/// slashes is refused as well, whatever the next node would make of it. Probes do not come here: they are answered before the relay. Immutable; thread-safe.
/// </remarks>
internal sealed class RegionRouter(string node, Upstream region) : IUpstreamRouter
{
    private const string HealthPrefix = "/grpc.health.v1.Health/";
    private const string OwnPackage = "edgemesh.";

    /// <summary>EdgeMesh's own services for users.</summary>
    internal static readonly string[] DataServices = ["/edgemesh.v1.ObjectStoreService/"];

    /// <summary>Methods for users of services that are not all theirs.</summary>
    internal static readonly string[] DataMethods = ["/edgemesh.v1.LatencyService/Rank"];

    public IEnumerable<Upstream> Upstreams => [region];

    public RelayRoute Route(string path)
    {
        if (path.StartsWith(HealthPrefix, StringComparison.Ordinal))
        {
            return RelayRoute.Local;
        }

        return path.AsSpan().TrimStart('/').StartsWith(OwnPackage, StringComparison.OrdinalIgnoreCase) && !IsData(path)
            ? RelayRoute.Refuse(GrpcStatusCode.PermissionDenied, $"{node} does not relay control methods, got {NodeNames.Quote(path)}: ask the admin listener")
            : RelayRoute.To(region);
    }

    private static bool IsData(string path)
    {
        foreach (var service in DataServices)
        {
            if (path.StartsWith(service, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return Array.IndexOf(DataMethods, path) >= 0;
    }
}
