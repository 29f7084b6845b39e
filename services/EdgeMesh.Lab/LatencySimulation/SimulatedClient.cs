using EdgeMesh.Latency.Positions;
using EdgeMesh.Latency.Ranking;
using EdgeMesh.Latency.Search;
using EdgeMesh.Latency.Topology;

namespace EdgeMesh.Lab.LatencySimulation;

/// <summary>A client that looks for its nearest node with the code that ships; its probes go over the simulated network.</summary>
internal sealed class SimulatedClient : INodeProber
{
    private readonly int _row;
    private readonly IReadOnlyDictionary<string, int> _rows;
    private readonly SimulatedNetwork _network;
    private readonly Random _random;

    /// <summary>Makes a client.</summary>
    /// <param name="row">Its row of the matrix.</param>
    /// <param name="toldPosition">Where it believes to be; null if it does not know.</param>
    /// <param name="rows">Rows by name.</param>
    /// <param name="network">Carries its probes.</param>
    /// <param name="random">Its own.</param>
    public SimulatedClient(int row, GeoPosition? toldPosition, IReadOnlyDictionary<string, int> rows, SimulatedNetwork network, Random random)
    {
        _row = row;
        ToldPosition = toldPosition;
        _rows = rows;
        _network = network;
        _random = random;
    }

    /// <summary>Its row of the matrix.</summary>
    public int Row => _row;

    /// <summary>Where it believes to be.</summary>
    public GeoPosition? ToldPosition { get; }

    /// <summary>What it found; <see cref="NearestAnswer.None"/> before it is done.</summary>
    public NearestAnswer Answer { get; private set; } = NearestAnswer.None;

    /// <summary>How long it took.</summary>
    public TimeSpan Took { get; private set; }

    /// <summary>Searches.</summary>
    public async Task SearchAsync(LatencyTopology topology, int budget, VirtualTime time)
    {
        var started = time.Now;
        var search = new NearestNodeSearch(topology, new RankOrigin(Position: ToldPosition), RankRequirements.None, new SearchOptions { ProbeBudget = budget }, _random);
        Answer = await search.RunAsync(this, CancellationToken.None).ConfigureAwait(false);
        Took = time.Now - started;
    }

    /// <inheritdoc/>
    public ValueTask<TimeSpan?> ProbeAsync(LatencyNode node, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<TimeSpan?>();
        _network.Probe(_row, _rows[node.Name], _random, answer.SetResult);
        return new ValueTask<TimeSpan?>(answer.Task);
    }
}
