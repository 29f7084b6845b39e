using EdgeMesh.Latency.Positions;
using EdgeMesh.Latency.Topology;

namespace EdgeMesh.Latency.Search;

/// <summary>Round trips between the candidates of a search, by their indices: measured, else predicted from coordinates, else from positions.</summary>
/// <remarks>Rows are computed when first asked for and kept: a search needs those of the nodes that it probed and of the likeliest few. Not thread-safe.</remarks>
internal sealed class NodeDistances
{
    private readonly LatencyTopology _topology;
    private readonly IReadOnlyList<LatencyNode> _nodes;
    private readonly double[]?[] _rows;

    /// <summary>Takes the candidates.</summary>
    public NodeDistances(LatencyTopology topology, IReadOnlyList<LatencyNode> nodes)
    {
        _topology = topology;
        _nodes = nodes;
        _rows = new double[nodes.Count][];
    }

    /// <summary>Round trips from one candidate to all, milliseconds; 0 to itself, NaN where nothing is known.</summary>
    public double[] From(int node)
    {
        if (_rows[node] is { } known)
        {
            return known;
        }

        var row = new double[_nodes.Count];
        for (var other = 0; other < row.Length; other++)
        {
            row[other] = other == node ? 0
                : _rows[other] is { } mirrored ? mirrored[node]
                : Between(_nodes[node], _nodes[other]);
        }

        return _rows[node] = row;
    }

    private double Between(LatencyNode a, LatencyNode b)
    {
        if (_topology.Estimate(a, b).RoundTrip is { } roundTrip)
        {
            return roundTrip.TotalMilliseconds;
        }

        return a.Position is { } here && b.Position is { } there
            ? GreatCircle.Expected(here.DistanceKilometresTo(there)).TotalMilliseconds
            : double.NaN;
    }
}
