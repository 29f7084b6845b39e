using EdgeMesh.V1;

namespace EdgeMesh.Downstream.ControlStream;

/// <summary>The mesh as a node below its Region can tell it: from the last topology, and what it knows better itself.</summary>
/// <remarks>Stateless; thread-safe.</remarks>
internal static class KnownNodes
{
    /// <summary>The Region first, then by kind and name.</summary>
    /// <param name="topology">As told last; null: nothing was.</param>
    /// <param name="isJoined">Whether that still comes from the Region.</param>
    /// <param name="name">This node's name.</param>
    /// <param name="report">What it counts now.</param>
    /// <returns>Copies, without counts but this node's own. Without its Region a node calls that lost, and itself what it is.</returns>
    public static IReadOnlyList<NodeInfo>? Read(JoinResponse? topology, bool isJoined, string name, Func<NodeReport> report)
    {
        if (topology is null)
        {
            return null;
        }

        var nodes = topology.Nodes.Clone();
        foreach (var node in nodes)
        {
            if (node.Name == name)
            {
                node.Report = report();
                node.State = node.Report.Draining ? NodeState.Draining : NodeState.Ready;
            }
            else if (node.Kind == NodeKind.Region && !isJoined)
            {
                node.State = NodeState.Lost;
            }
        }

        return nodes;
    }
}
