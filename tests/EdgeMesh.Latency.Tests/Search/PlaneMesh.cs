using EdgeMesh.Latency.Coordinates;
using EdgeMesh.Latency.Pairs;
using EdgeMesh.Latency.Positions;
using EdgeMesh.Latency.Search;
using EdgeMesh.Latency.Topology;

namespace EdgeMesh.Latency.Tests.Search;

/// <summary>Nodes scattered over a plane, where a round trip is the distance plus both access links, and a client that probes them.</summary>
internal sealed class PlaneMesh : INodeProber
{
    private readonly (double X, double Y, double Access)[] _places;
    private readonly (double X, double Y, double Access) _client;

    public PlaneMesh(int nodes, int seed)
    {
        var random = new Random(seed);
        _places = [.. Enumerable.Range(0, nodes).Select(_ => (100 * random.NextDouble(), 100 * random.NextDouble(), 2 * random.NextDouble()))];
        _client = (100 * random.NextDouble(), 100 * random.NextDouble(), 5);
        Topology = Snapshot(_ => null);
    }

    public LatencyTopology Topology { get; private set; }

    public List<string> Probed { get; } = [];

    /// <summary>What a probe of a node says instead of the truth.</summary>
    public Func<int, TimeSpan, TimeSpan?> Lie { get; init; } = (_, truth) => truth;

    public string Nearest => $"n{Enumerable.Range(0, _places.Length).MinBy(Truth)}";

    /// <summary>One degree is a millisecond: only the order of distances counts.</summary>
    public GeoPosition ClientPosition => new(_client.X / 10, _client.Y / 10);

    /// <summary>Publishes what some nodes say of their coordinates instead of nothing.</summary>
    public void Publish(Func<int, Coordinate?> coordinate) => Topology = Snapshot(coordinate);

    public double PenaltyOf(LatencyNode node) => Truth(IndexOf(node)) - Enumerable.Range(0, _places.Length).Min(Truth);

    public ValueTask<TimeSpan?> ProbeAsync(LatencyNode node, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Probed.Add(node.Name);
        return ValueTask.FromResult(Lie(IndexOf(node), TimeSpan.FromMilliseconds(Truth(IndexOf(node)))));
    }

    private static int IndexOf(LatencyNode node) => int.Parse(node.Name.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture);

    private static double Between((double X, double Y, double Access) a, (double X, double Y, double Access) b) =>
        Math.Sqrt(((a.X - b.X) * (a.X - b.X)) + ((a.Y - b.Y) * (a.Y - b.Y))) + a.Access + b.Access;

    private double Truth(int node) => Between(_client, _places[node]);

    private LatencyTopology Snapshot(Func<int, Coordinate?> coordinate) => new(
        _places.Select((place, i) => new LatencyNode { Name = $"n{i}", Position = new GeoPosition(place.X / 10, place.Y / 10), Coordinate = coordinate(i) }),
        new LatencyMatrix(
            from i in Enumerable.Range(0, _places.Length)
            from j in Enumerable.Range(0, _places.Length)
            where i < j && j - i < 64
            let roundTrip = TimeSpan.FromMilliseconds(Between(_places[i], _places[j]))
            select ($"n{i}", $"n{j}", new PairEstimate(roundTrip, TimeSpan.Zero, TimeSpan.Zero, EstimateSource.Measured, Reachability.Reachable))));
}
