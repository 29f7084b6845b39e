using EdgeMesh.V1;

namespace EdgeMesh.Probing.Peers;

/// <summary>Who may be probed, read from a topology.</summary>
public static class MeshNodes
{
    /// <summary>Reads it. Nodes whose address is none are left out.</summary>
    /// <param name="nodes">The topology's.</param>
    /// <param name="region">Where this node reaches its Region, which may listen on an address that means something else here; null: as the topology says.</param>
    public static IReadOnlyList<MeshNode> Read(IEnumerable<NodeInfo> nodes, Uri? region = null)
    {
        var read = new List<MeshNode>();
        foreach (var node in nodes)
        {
            var address = node.Kind == NodeKind.Region && region is not null ? region : Uri.TryCreate(node.Address, UriKind.Absolute, out var told) ? told : null;
            if (address is not null && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps))
            {
                read.Add(new MeshNode(node.Name, address, node.State == NodeState.Lost));
            }
        }

        return read;
    }
}
