using EdgeMesh.Probing.Messages;
using EdgeMesh.V1;

namespace EdgeMesh.Region.Measurements;

/// <summary>Writes the matrix as a message.</summary>
internal static class MatrixMessages
{
    /// <summary>Most nodes of one message: their pairs stay below the 4 MiB that clients take unless told otherwise.</summary>
    public const int MaxNodes = 200;

    /// <summary>Writes it.</summary>
    /// <param name="snapshot">What is known.</param>
    /// <param name="names">Only these nodes; none: all. Names that nobody has are left out.</param>
    /// <returns>Null if that would be more than <see cref="MaxNodes"/> nodes.</returns>
    public static LatencyMatrix? Write(MatrixSnapshot snapshot, IReadOnlyCollection<string> names)
    {
        var wanted = names.Count == 0 ? null : names.ToHashSet(StringComparer.Ordinal);
        var nodes = snapshot.Nodes.Where(node => wanted?.Contains(node.Name) != false).Take(MaxNodes + 1).ToList();
        if (nodes.Count > MaxNodes)
        {
            return null;
        }

        var message = new LatencyMatrix();
        var known = nodes.ConvertAll(node => snapshot.All.Find(node.Name)!);
        for (var from = 0; from < nodes.Count; from++)
        {
            message.Nodes.Add(new MatrixNode
            {
                Node = nodes[from].Name,
                Kind = nodes[from].Kind,
                State = nodes[from].State,
                Position = nodes[from].Position,
                Coordinate = known[from].Coordinate?.ToMessage(),
            });
            for (var to = 0; to < nodes.Count; to++)
            {
                if (from != to)
                {
                    message.Pairs.Add(new MatrixPair { From = (uint)from, To = (uint)to, Latency = snapshot.All.Estimate(known[from], known[to]).ToMessage() });
                }
            }
        }

        return message;
    }
}
