using EdgeMesh.V1;

namespace EdgeMesh.Node.Top;

/// <summary>A node with its rates.</summary>
/// <param name="Node">As the Region last told of it.</param>
/// <param name="Rates">Null before its second report.</param>
internal sealed record RatedNode(NodeInfo Node, NodeRates? Rates);

/// <summary>Turns what a Region tells of its nodes, again and again, into rates.</summary>
/// <remarks>
/// A node reports less often than a person looks: rates stand until its next report, and are taken between that and the one before.
/// Not thread-safe; keeps two reports of each node that is listed.
/// </remarks>
internal sealed class RateTable
{
    private Dictionary<string, (NodeInfo Last, NodeRates? Rates)> _nodes = [];

    /// <summary>Takes a new listing.</summary>
    /// <returns>The same nodes, rated.</returns>
    public IReadOnlyList<RatedNode> Update(IEnumerable<NodeInfo> listing)
    {
        var next = new Dictionary<string, (NodeInfo Last, NodeRates? Rates)>(StringComparer.Ordinal);
        var rated = new List<RatedNode>();
        foreach (var node in listing)
        {
            var known = _nodes.TryGetValue(node.Name, out var before);
            var rates = !known ? null : Equals(before.Last.ReportTime, node.ReportTime) ? before.Rates : NodeRates.Between(before.Last, node);
            next[node.Name] = (node, rates);

            // One that is gone does nothing any more, whatever it did last.
            rated.Add(new(node, node.State == NodeState.Lost ? null : rates));
        }

        _nodes = next;
        return rated;
    }
}
