using EdgeMesh.Latency.Coordinates;
using EdgeMesh.Latency.Positions;
using EdgeMesh.Latency.Topology;
using EdgeMesh.V1;

namespace EdgeMesh.Client.Mesh;

/// <summary>Reads what a node tells of the mesh: as much of it as can be true.</summary>
/// <remarks>Stateless; thread-safe.</remarks>
internal static class MeshReader
{
    /// <summary>What a Region lets in.</summary>
    public const int MaxNodes = 5_001;

    /// <summary>Reads it.</summary>
    /// <param name="message">As received.</param>
    /// <returns>Null if it names no node that could be called. Lost nodes, later ones of a name, and those without an address are left out.</returns>
    public static MeshModel? Read(WatchMeshResponse message)
    {
        var nodes = new List<MeshNodeModel>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in message.Nodes)
        {
            if (nodes.Count < MaxNodes && member.State != NodeState.Lost && member.Name.Length > 0 && ReadAddress(member.Address) is { } address && names.Add(member.Name))
            {
                nodes.Add(new MeshNodeModel(ReadNode(member), address));
            }
        }

        if (nodes.Count == 0)
        {
            return null;
        }

        var methods = new Dictionary<string, MethodFacts>(StringComparer.Ordinal);
        foreach (var method in message.Methods)
        {
            methods["/" + method.Method] = new MethodFacts(!method.ClientStreaming && !method.ServerStreaming, method.SideEffectFree, method.Method);
        }

        return new MeshModel(message.Region, message.Version, nodes, methods, message);
    }

    /// <summary>Reads an address: http or https, a host, a port, and nothing else.</summary>
    /// <returns>Null if it is none.</returns>
    public static Uri? ReadAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && IsAddress(uri) ? uri : null;

    /// <summary>Whether a URI names a node: http or https, host and port, and nothing else.</summary>
    public static bool IsAddress(Uri uri) => uri is { IsAbsoluteUri: true, Scheme: "http" or "https" } && uri.PathAndQuery == "/" && uri.UserInfo.Length == 0;

    private static LatencyNode ReadNode(MeshMember member) => new()
    {
        Name = member.Name,
        Kind = member.Kind switch { NodeKind.Region => "region", NodeKind.EdgeLocation => "edge-location", NodeKind.LocalZone => "local-zone", _ => "" },
        Jurisdiction = member.Jurisdiction,
        Position = member.Position is { } place && GeoPosition.TryCreate(place.Latitude, place.Longitude, out var position) ? position : null,
        Coordinate = member.Coordinate is { Position.Count: Coordinate.Dimensions } told
            && Coordinate.TryCreate([.. told.Position], told.Height, told.Adjustment, told.Error, out var coordinate) ? coordinate : null,
        Draining = member.State == NodeState.Draining,
    };
}
