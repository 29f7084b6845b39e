using EdgeMesh.V1;

namespace EdgeMesh.Region.Measurements;

/// <summary>Kinds of node in the words of <see cref="EdgeMesh.Latency.Topology.LatencyNode.Kind"/>.</summary>
internal static class NodeKinds
{
    /// <summary>The word; empty for a kind that is none.</summary>
    public static string NameOf(NodeKind kind) => kind switch
    {
        NodeKind.Region => "region",
        NodeKind.EdgeLocation => "edge-location",
        NodeKind.LocalZone => "local-zone",
        _ => "",
    };
}
