using EdgeMesh.Latency.Coordinates;
using EdgeMesh.Latency.Pairs;
using EdgeMesh.Latency.Positions;
using EdgeMesh.Latency.Probing;
using EdgeMesh.Latency.Topology;

namespace EdgeMesh.Lab.LatencySimulation;

/// <summary>Nodes that probe each other with the code that ships, and a Region that publishes what they find.</summary>
/// <remarks>Not thread-safe; all of it runs inside <see cref="VirtualTime.Run"/>.</remarks>
internal sealed class SimulatedMesh
{
    /// <summary>Each neighbour is probed so often.</summary>
    public static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(5);

    /// <summary>Coordinates and pairs reach everyone so often; neighbours are chosen anew then.</summary>
    public static readonly TimeSpan PublishInterval = TimeSpan.FromSeconds(60);

    private readonly VirtualTime _time;
    private readonly SimulatedNetwork _network;
    private readonly int _neighbours;
    private readonly List<SimulatedNode> _nodes;
    private readonly Dictionary<string, SimulatedNode> _byName;

    /// <summary>Sets the nodes up.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="network">Carries the probes.</param>
    /// <param name="rows">Rows of the matrix that are nodes.</param>
    /// <param name="names">Of all rows.</param>
    /// <param name="positions">Of all rows; null where unknown.</param>
    /// <param name="neighbours">The most that a node probes.</param>
    /// <param name="random">Seeds each node's own.</param>
    public SimulatedMesh(VirtualTime time, SimulatedNetwork network, IReadOnlyList<int> rows, IReadOnlyList<string> names, IReadOnlyList<GeoPosition?> positions, int neighbours, Random random)
    {
        _time = time;
        _network = network;
        _neighbours = neighbours;
        _nodes = [.. rows.Select(row => new SimulatedNode(row, names[row], positions[row], new Random(random.Next())))];
        _byName = _nodes.ToDictionary(node => node.Name);
    }

    /// <summary>What the Region published last.</summary>
    public LatencyTopology Topology { get; private set; } = new([], LatencyMatrix.Empty);

    /// <summary>Lets the nodes probe for a while.</summary>
    public void Run(TimeSpan duration)
    {
        var end = _time.Now + duration;
        for (; _time.Now < end; _time.Run(Lesser(_time.Now + PublishInterval, end)))
        {
            foreach (var node in _nodes)
            {
                ChooseNeighbours(node);
                Wake(node, end);
            }

            Publish();
        }

        Publish();
    }

    private static TimeSpan Lesser(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private void ChooseNeighbours(SimulatedNode node)
    {
        var others = _nodes
            .Where(other => other != node)
            .Select(other => (other.Name, node.State.Accepted > 0 && other.State.Accepted > 0 ? node.State.Current.DistanceTo(other.Published.Current) : (TimeSpan?)null))
            .ToList();
        node.Schedule.SetPeers(_time.Now, NeighbourSet.Choose(node.Name, others, _neighbours));
    }

    /// <summary>Probes whoever is due and sets the next alarm; of several alarms only the newest counts.</summary>
    private void Wake(SimulatedNode node, TimeSpan end)
    {
        var alarm = ++node.Alarm;
        foreach (var (peer, _) in node.Schedule.TakeDue(_time.Now))
        {
            Probe(node, _byName[peer]);
        }

        if (node.Schedule.NextDue is { } next && next <= end)
        {
            _time.At(next, () =>
            {
                if (node.Alarm == alarm)
                {
                    Wake(node, end);
                }
            });
        }
    }

    private void Probe(SimulatedNode node, SimulatedNode peer) => _network.Probe(node.Row, peer.Row, node.Random, roundTrip =>
    {
        var pair = node.PairWith(peer.Name);
        if (roundTrip is not { } time)
        {
            pair.Lost(_time.Now);
            return;
        }

        if (pair.Answered(_time.Now, time))
        {
            node.State.Observe(peer.Name, peer.State.Current, time);
        }
    });

    private void Publish()
    {
        foreach (var node in _nodes)
        {
            node.Published.Take(node.State.Current);
        }

        Topology = new LatencyTopology(
            _nodes.Select(node => new LatencyNode { Name = node.Name, Position = node.Position, Coordinate = node.State.Accepted > 0 ? node.Published.Current : null }),
            new LatencyMatrix(
                from node in _nodes
                from pair in node.Pairs
                select (node.Name, pair.Key, pair.Value.Estimate(_time.Now, node.State.Current, _byName[pair.Key].Published.Current))));
    }

    private sealed class SimulatedNode(int row, string name, GeoPosition? position, Random random)
    {
        public int Row { get; } = row;

        public string Name { get; } = name;

        public GeoPosition? Position { get; } = position;

        public Random Random { get; } = random;

        public CoordinateState State { get; } = new(random);

        public PublishedCoordinate Published { get; } = new();

        public ProbeSchedule Schedule { get; } = new(ProbeInterval, random);

        public Dictionary<string, PairState> Pairs { get; } = [];

        public long Alarm { get; set; }

        public PairState PairWith(string peer)
        {
            if (!Pairs.TryGetValue(peer, out var pair))
            {
                Pairs.Add(peer, pair = new PairState(ProbeInterval));
            }

            return pair;
        }
    }
}
