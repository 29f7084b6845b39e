using EdgeMesh.Latency.Pairs;

namespace EdgeMesh.Latency.Topology;

/// <summary>All nodes and what is known of the latencies between them, at one moment. Immutable; thread-safe.</summary>
public sealed class LatencyTopology
{
    private readonly Dictionary<string, LatencyNode> _byName;

    /// <summary>Takes a snapshot.</summary>
    /// <param name="nodes">Names must differ.</param>
    /// <param name="matrix">Measured pairs; those that are missing are predicted from coordinates.</param>
    /// <exception cref="ArgumentException">Two nodes have one name.</exception>
    public LatencyTopology(IEnumerable<LatencyNode> nodes, LatencyMatrix matrix)
    {
        Nodes = [.. nodes];
        Matrix = matrix;
        _byName = Nodes.ToDictionary(n => n.Name);
    }

    /// <summary>The nodes, in the order given.</summary>
    public IReadOnlyList<LatencyNode> Nodes { get; }

    /// <summary>Measured pairs.</summary>
    public LatencyMatrix Matrix { get; }

    /// <summary>The node of a name; null if there is none.</summary>
    public LatencyNode? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>What is known of a pair: measured, else predicted from the nodes' coordinates, else <see cref="PairEstimate.Unknown"/>.</summary>
    public PairEstimate Estimate(LatencyNode from, LatencyNode to)
    {
        var published = Matrix.Find(from.Name, to.Name);
        if (published is { RoundTrip: not null } || from.Coordinate is null)
        {
            return published ?? PairEstimate.Unknown;
        }

        var predicted = PairState.Predict(from.Coordinate, to.Coordinate);
        return published is null ? predicted : predicted with { Reachability = published.Reachability, LossShare = published.LossShare };
    }
}
