using EdgeMesh.Latency.Coordinates;
using EdgeMesh.Latency.Pairs;
using EdgeMesh.Latency.Topology;
using EdgeMesh.Probing.Messages;
using EdgeMesh.Region.Topology;
using EdgeMesh.V1;
using LatencyMatrix = EdgeMesh.Latency.Topology.LatencyMatrix;

namespace EdgeMesh.Region.Measurements;

/// <summary>What the nodes of a Region's mesh, and the Region itself, measured of each other.</summary>
/// <remarks>
/// Thread-safe: one lock owns the rows; <see cref="TopologyState"/>'s may be taken inside it, never the other way round. A row is one node's view: that node
/// alone writes it, of nodes that the topology names, and only what can be true (<see cref="PairMessages.Read"/>, <see cref="CoordinateMessages.TryRead"/>);
/// so a node that lies spoils its own row. A row goes when its node is lost or leaves: what that saw says nothing of now. A report may overtake the end of its
/// stream: (1) the node is lost; (2) its last report is taken. The row of (2) is not begun, since the topology does not have its node as present.
/// </remarks>
internal sealed class MatrixState(TopologyState topology, TimeProvider time)
{
    /// <summary>Most pairs of one row: four times a node's peers, since these change.</summary>
    public const int MaxPairs = 256;

    // A snapshot of a large mesh takes milliseconds to make: no more than two a second are made, whoever asks.
    private static readonly TimeSpan SnapshotAge = TimeSpan.FromSeconds(0.5);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Row> _rows = new(StringComparer.Ordinal);
    private Dictionary<string, NodeInfo> _nodes = new(StringComparer.Ordinal);
    private IReadOnlyList<NodeInfo> _order = [];
    private (ulong Topology, ulong Rows) _version;
    private MatrixSnapshot? _snapshot;
    private long _snapshotTimestamp;

    /// <summary>Takes what a node tells, as much of it as can be true. One that is not present is not heard.</summary>
    /// <param name="node">Who tells: the name that it joined under.</param>
    /// <param name="observations">What it tells.</param>
    public void Take(string node, LatencyObservations observations)
    {
        lock (_lock)
        {
            AlignLocked();
            if (!IsPresentLocked(node))
            {
                return;
            }

            if (!_rows.TryGetValue(node, out var row))
            {
                _rows.Add(node, row = new Row());
            }

            row.HeardTimestamp = time.GetTimestamp();
            if (observations.Whole)
            {
                row.Pairs.Clear();
            }

            if (CoordinateMessages.TryRead(observations.Coordinate, out var coordinate))
            {
                row.Coordinate = coordinate;
            }

            foreach (var pair in observations.Pairs.Take(MaxPairs))
            {
                if (pair.To != node && _nodes.ContainsKey(pair.To)
                    && (row.Pairs.Count < MaxPairs || row.Pairs.ContainsKey(pair.To))
                    && PairMessages.Read(pair.Latency) is { } estimate)
                {
                    row.Pairs[pair.To] = estimate;
                }
            }

            _version.Rows += observations.Whole || observations.Coordinate is not null || observations.Pairs.Count > 0 ? 1UL : 0;
        }
    }

    /// <summary>All that is known, at most half a second old.</summary>
    public MatrixSnapshot GetSnapshot()
    {
        lock (_lock)
        {
            AlignLocked();
            if (_snapshot is null || _snapshot.Version.Topology != _version.Topology || time.GetElapsedTime(_snapshotTimestamp) >= SnapshotAge)
            {
                _snapshot = SnapshotLocked();
                _snapshotTimestamp = time.GetTimestamp();
            }

            return _snapshot;
        }
    }

    /// <summary>Where nodes are in latency space, by name, as far as they told.</summary>
    public IReadOnlyDictionary<string, Coordinate> ReadCoordinates()
    {
        lock (_lock)
        {
            return _rows.Where(row => row.Value.Coordinate is not null).ToDictionary(row => row.Key, row => row.Value.Coordinate!, StringComparer.Ordinal);
        }
    }

    private bool IsPresentLocked(string node) => _nodes.TryGetValue(node, out var info) && info.State != NodeState.Lost;

    private void AlignLocked()
    {
        var message = topology.GetSnapshot().Message;
        if (message.Version == _version.Topology)
        {
            return;
        }

        _version.Topology = message.Version;
        _order = message.Nodes;
        _nodes = message.Nodes.ToDictionary(node => node.Name, StringComparer.Ordinal);
        foreach (var gone in _rows.Keys.Where(node => !IsPresentLocked(node)).ToList())
        {
            _rows.Remove(gone);
        }
    }

    private MatrixSnapshot SnapshotLocked()
    {
        var matrix = new LatencyMatrix(
            from row in _rows
            let silence = time.GetElapsedTime(row.Value.HeardTimestamp)
            from pair in row.Value.Pairs
            where _nodes.ContainsKey(pair.Key)
            select (row.Key, pair.Key, pair.Value.Source == Latency.Pairs.EstimateSource.Measured ? pair.Value with { Age = pair.Value.Age + silence } : pair.Value));
        var all = _order.Select(node => (Info: node, Node: ToLatencyNode(node, _rows.GetValueOrDefault(node.Name)?.Coordinate))).ToList();
        return new MatrixSnapshot(
            _version,
            _order,
            new LatencyTopology(all.Select(one => one.Node), matrix),
            new LatencyTopology(all.Where(one => one.Info.State != NodeState.Lost).Select(one => one.Node), matrix));
    }

    private static LatencyNode ToLatencyNode(NodeInfo node, Coordinate? coordinate) => new()
    {
        Name = node.Name,
        Kind = NodeKinds.NameOf(node.Kind),
        Jurisdiction = node.Jurisdiction,
        Position = PositionMessages.Read(node.Position),
        Coordinate = coordinate,
        Draining = node.State == NodeState.Draining,
    };

    private sealed class Row
    {
        public Coordinate? Coordinate { get; set; }

        public Dictionary<string, PairEstimate> Pairs { get; } = new(StringComparer.Ordinal);

        public long HeardTimestamp { get; set; }
    }
}
