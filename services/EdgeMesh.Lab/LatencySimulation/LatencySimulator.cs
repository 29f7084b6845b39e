using EdgeMesh.Latency.Positions;
using EdgeMesh.Latency.Ranking;
using EdgeMesh.Latency.Topology;

namespace EdgeMesh.Lab.LatencySimulation;

/// <summary>Plays a mesh and its clients over a matrix of round trips, in virtual time, with the code that ships.</summary>
/// <remarks>
/// 1. All rows learn coordinates from their neighbours: how well do they foretell all pairs? 2. Rows drawn at random become the nodes of a mesh and probe each other. 3. Each other row
/// is a client that sees what the mesh published, and probes. Nobody sees the matrix but through probes, and each probe takes its time, jitters and counts. The same
/// options give the same report.
/// </remarks>
public static class LatencySimulator
{
    /// <summary>Runs one simulation.</summary>
    /// <exception cref="RttMatrixException">The options are wrong.</exception>
    public static LatencySimulationReport Run(LatencySimulationOptions options, CancellationToken cancellationToken = default)
    {
        options.Validate();
        var random = new Random(options.Seed);
        var judge = options.Judge ?? options.Matrix;
        var rows = Enumerable.Range(0, options.Matrix.Count).ToArray();
        random.Shuffle(rows);
        var nodes = rows[..options.Nodes];

        // 1. Coordinates of all rows.
        var everyone = Learn(options, rows, options.Neighbours, random, cancellationToken);
        var errors = CoordinateErrors(everyone, judge);

        // 2. The mesh.
        var topology = Learn(options, nodes, Latency.Probing.NeighbourSet.FullMesh, random, cancellationToken);

        // 3. The clients, all at once: they share nothing but the topology.
        var time = new VirtualTime(cancellationToken);
        var network = new SimulatedNetwork(options.Matrix, options.Jitter, options.Loss, time);
        var byName = options.Matrix.Names.Index().ToDictionary(name => name.Item, name => name.Index);
        var clients = rows[options.Nodes..]
            .Select(row => new SimulatedClient(row, Told(options, row, random), byName, network, new Random(random.Next())))
            .ToList();
        var searches = clients.Select(client => client.SearchAsync(topology, options.ProbeBudget, time)).ToList();
        time.Run();
        foreach (var search in searches)
        {
            if (!search.IsCompleted)
            {
                throw new InvalidOperationException("A search waits for what never happens.");
            }

            search.GetAwaiter().GetResult();
        }

        // 4. The judge.
        var penalties = clients.Select(client => Penalty(judge, nodes, client.Row, client.Answer.Node is { } node ? byName[node.Name] : null)).Order().ToArray();
        var rankings = clients.Select(client => Nearest(topology, new RankOrigin(Position: client.ToldPosition))).ToList();
        return new LatencySimulationReport(
            Quantile(errors, 0.5),
            Quantile(errors, 0.9),
            Share(penalties, 0),
            Share(penalties, 5),
            penalties.Average(),
            Quantile(penalties, 0.99),
            clients.Average(client => client.Answer.Probes),
            clients.Average(client => client.Answer.Confidence),
            clients.Average(client => client.Took.TotalMilliseconds),
            Share([.. clients.Select(client => Penalty(judge, nodes, client.Row, FullProbing(network, nodes, client.Row, random)))], 0),
            Share([.. clients.Select(client => Penalty(judge, nodes, client.Row, ByCoordinates(everyone, nodes, options.Matrix.Names, client.Row)))], 0),
            options.Positions is null ? null : Share([.. clients.Zip(rankings, (client, node) => Penalty(judge, nodes, client.Row, node is null ? null : byName[node.Name]))], 0),
            clients.Count,
            nodes.Length,
            options.Seed);
    }

    private static LatencyTopology Learn(LatencySimulationOptions options, int[] rows, int neighbours, Random random, CancellationToken cancellationToken)
    {
        var time = new VirtualTime(cancellationToken);
        var network = new SimulatedNetwork(options.Matrix, options.Jitter, options.Loss, time);
        var positions = options.Positions ?? new GeoPosition?[options.Matrix.Count];
        var mesh = new SimulatedMesh(time, network, rows, options.Matrix.Names, positions, neighbours, random);
        mesh.Run(options.LearnFor);
        return mesh.Topology;
    }

    private static GeoPosition? Told(LatencySimulationOptions options, int row, Random random) =>
        options.Positions is not { } positions ? null
        : random.NextDouble() < options.Mislocated ? positions[random.Next(positions.Count)]
        : positions[row];

    private static double[] CoordinateErrors(LatencyTopology everyone, RttMatrix judge)
    {
        var coordinates = judge.Names.Select(name => everyone.Find(name)!.Coordinate).ToList();
        var errors = new List<double>();
        for (var a = 0; a < judge.Count; a++)
        {
            for (var b = a + 1; b < judge.Count; b++)
            {
                if (coordinates[a] is { } from && coordinates[b] is { } to && judge[a, b] > 0)
                {
                    errors.Add(Math.Abs((from.DistanceSecondsTo(to) * 1000) - judge[a, b]) / judge[a, b]);
                }
            }
        }

        errors.Sort();
        return [.. errors];
    }

    /// <summary>How much farther a node is than the nearest, milliseconds; as far as the farthest if there is none.</summary>
    private static double Penalty(RttMatrix judge, int[] nodes, int client, int? node) =>
        (node is { } chosen ? judge[client, chosen] : nodes.Max(n => judge[client, n])) - nodes.Min(n => judge[client, n]);

    private static int FullProbing(SimulatedNetwork network, int[] nodes, int client, Random random) =>
        nodes.MinBy(node => network.Draw(client, node, random) ?? TimeSpan.MaxValue);

    private static int? ByCoordinates(LatencyTopology everyone, int[] nodes, IReadOnlyList<string> names, int client) =>
        everyone.Find(names[client])!.Coordinate is not { } own
            ? null
            : nodes
                .Select(node => (Node: node, everyone.Find(names[node])!.Coordinate))
                .Where(node => node.Coordinate is not null)
                .OrderBy(node => own.DistanceSecondsTo(node.Coordinate!))
                .Select(node => (int?)node.Node)
                .FirstOrDefault();

    private static LatencyNode? Nearest(LatencyTopology topology, RankOrigin origin) =>
        NodeRanking.Rank(topology, origin, RankRequirements.None).FirstOrDefault(ranked => ranked.Expected is not null)?.Node;

    private static double Share(IReadOnlyCollection<double> penalties, double atMost) => penalties.Count(penalty => penalty <= atMost) / (double)penalties.Count;

    private static double Quantile(double[] sorted, double quantile) => sorted.Length == 0 ? 0 : sorted[(int)(quantile * (sorted.Length - 1))];
}
