using EdgeMesh.Latency.Ranking;
using EdgeMesh.Latency.Topology;

namespace EdgeMesh.Latency.Search;

/// <summary>Finds the node with the least round trip from here by few probes: what clients run.</summary>
/// <remarks>
/// <para>
/// 1. First batch, all at once: the nodes nearest by a position or coordinate hint, if there is one, and landmarks spread over the mesh.
/// 2. Then, while the budget lasts, in turn: the node with the best chance to be nearer, as look-alikes of the client tell (<see cref="LookAlikes"/>; three turns of six); the one
/// that the triangle inequality leaves most room for (<see cref="Triangulation"/>; two); the nearest neighbour of the best node that was not probed (a walk, as in Meridian, SIGCOMM 2005).
/// 3. The last probes go to the best and its close rivals again, whom a single sample cannot tell apart. Where the budget outlasts the mesh, everyone is measured three times before: whatever
/// held up a single answer, such as a client that is just starting, would hide the nearest.
/// </para>
/// <para>
/// Coordinates and published round trips only choose whom to probe: the answer is always a node that answered, by its own round trip. So false hints, lying
/// coordinates and vanished nodes cost probes, never more. Not thread-safe: run once; <see cref="Current"/> may be read at any time by anyone.
/// </para>
/// </remarks>
public sealed class NearestNodeSearch
{
    // The first batch: three probes of ten. Fewer leave the client's part of the world in doubt; more are missed later.
    private const double FirstShare = 0.3;

    // Of a hint's prior this much is spread evenly: one client in ten is not where it says.
    private const double HintDoubt = 0.1;

    // Rivals within this much of the best are measured again: single samples differ by as much.
    private const double RivalShare = 0.05;
    private const double RivalMilliseconds = 0.2;

    // At most this share of the budget is kept for measuring again.
    private const double ConfirmShare = 0.25;

    // A program that starts stands still for tens of milliseconds, and more on a busy machine, but hardly three times running.
    private const int Samples = 3;

    private readonly LatencyTopology _topology;
    private readonly IReadOnlyList<LatencyNode> _nodes;
    private readonly SearchOptions _options;
    private readonly Random _random;
    private readonly NodeDistances _distances;
    private readonly IReadOnlyList<int> _hinted;
    private readonly SearchProbes _probes;
    private readonly LookAlikes _lookAlikes;
    private readonly int[] _repeats;
    private int _turn;
    private volatile NearestAnswer _current = NearestAnswer.None;

    /// <summary>Prepares a search.</summary>
    /// <param name="topology">The newest that the client has.</param>
    /// <param name="origin">What the client knows of its own place; may be wrong, and may be nothing.</param>
    /// <param name="requirements">Which nodes will do.</param>
    /// <param name="options">The budget.</param>
    /// <param name="random">Draws landmarks' sample in a large mesh.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public NearestNodeSearch(LatencyTopology topology, RankOrigin origin, RankRequirements requirements, SearchOptions options, Random random)
    {
        options.Validate();
        _topology = topology;
        _options = options;
        _random = random;
        _nodes = [.. topology.Nodes.Where(requirements.Admit).Where(node => node.Name != origin.NodeName)];
        _distances = new NodeDistances(topology, _nodes);
        _probes = new SearchProbes(_nodes.Count);
        _repeats = new int[_nodes.Count];
        _hinted = Hinted(origin, requirements);
        _lookAlikes = new LookAlikes(_distances, Prior());
    }

    /// <summary>The answer at this moment.</summary>
    public NearestAnswer Current => _current;

    /// <summary>Probes until the budget is spent, or the answer is sure enough, or everyone was probed.</summary>
    /// <param name="prober">Sends the probes.</param>
    /// <param name="cancellationToken">Ends the search; <see cref="Current"/> stays.</param>
    public async Task<NearestAnswer> RunAsync(INodeProber prober, CancellationToken cancellationToken)
    {
        IReadOnlyList<int> batch = FirstBatch();
        var step = SearchStep.Landmarks;
        while (batch.Count > 0)
        {
            await ProbeAsync(prober, batch, step, cancellationToken).ConfigureAwait(false);
            (batch, step) = NextBatch();
        }

        return _current;
    }

    private async Task ProbeAsync(INodeProber prober, IReadOnlyList<int> batch, SearchStep step, CancellationToken cancellationToken)
    {
        var pending = batch.Select(async node => (Node: node, RoundTrip: await prober.ProbeAsync(_nodes[node], cancellationToken).ConfigureAwait(false))).ToList();
        foreach (var (node, roundTrip) in await Task.WhenAll(pending).ConfigureAwait(false))
        {
            _probes.Add(node, roundTrip);
        }

        if (_probes.Best >= 0)
        {
            _lookAlikes.Update(_probes);
        }

        _current = Answer(step);
    }

    private List<int> FirstBatch()
    {
        var count = Math.Max(1, (int)(_options.ProbeBudget * FirstShare));
        var chosen = _hinted.Take(count / 2).ToList();
        chosen.AddRange(Landmarks.Choose(_distances, _nodes.Count, count, _random).Except(chosen).Take(count - chosen.Count));
        return chosen;
    }

    private (IReadOnlyList<int> Batch, SearchStep Step) NextBatch()
    {
        var left = _options.ProbeBudget - _probes.Count;
        if (left <= 0 || (_options.EnoughConfidence < 1 && _current.Confidence >= _options.EnoughConfidence))
        {
            return ([], SearchStep.Start);
        }

        var rivals = Rivals();
        var reserve = Math.Min(rivals.Count, (int)(_options.ProbeBudget * ConfirmShare));
        if (left > reserve && Explore(Math.Min(left - reserve, _options.Parallelism)) is ({ Count: > 0 }, _) explored)
        {
            return explored;
        }

        // Those at once who answered only once or twice, the nearest first; only where nobody is left who was not probed.
        var doubtful = left > reserve ? _probes.Answered.Where(node => _repeats[node] < Samples - 1).OrderBy(node => _probes[node]).Take(left).Select(Repeat).ToList() : [];
        if (doubtful.Count > 0)
        {
            return (doubtful, SearchStep.Confirm);
        }

        return ([.. rivals.OrderBy(node => _repeats[node]).Take(Math.Min(left, _options.Parallelism)).Select(Repeat)], SearchStep.Confirm);
    }

    private (List<int> Batch, SearchStep Step) Explore(int count)
    {
        var batch = new List<int>();
        var step = SearchStep.Start;
        while (batch.Count < count && Enumerable.Range(0, _nodes.Count).Any(node => Open(node, batch)))
        {
            int node;
            (node, step) = (_turn++ % 6) switch
            {
                1 or 3 => (Nearest(batch, n => Triangulation.Expect(n, _probes, _distances)), SearchStep.Triangulation),
                5 => (Nearest(batch, n => _distances.From(_probes.Best)[n]), SearchStep.Walk),
                _ => (Nearest(batch, n => -_lookAlikes.ChanceNearer(n, _probes)), SearchStep.Shortlist),
            };
            batch.Add(node);
        }

        return (batch, step);
    }

    /// <summary>The candidate with the least score among those neither tried nor chosen. Before the first answer nothing tells them apart.</summary>
    private int Nearest(List<int> batch, Func<int, double> score)
    {
        var open = Enumerable.Range(0, _nodes.Count).Where(node => Open(node, batch));
        return _probes.Best < 0 ? open.First() : open.MinBy(node => score(node) is var s && double.IsNaN(s) ? double.MaxValue : s);
    }

    private bool Open(int node, List<int> batch) => !_probes.Tried(node) && !batch.Contains(node);

    /// <summary>The best and those whom it cannot be told apart from; none if it has no rival.</summary>
    private List<int> Rivals()
    {
        if (_probes.Best < 0)
        {
            return [];
        }

        var limit = (_probes[_probes.Best] * (1 + RivalShare)) + RivalMilliseconds;
        var rivals = _probes.Answered.Where(node => _probes[node] <= limit).ToList();
        return rivals.Count > 1 ? rivals : [];
    }

    private int Repeat(int node)
    {
        _repeats[node]++;
        return node;
    }

    private NearestAnswer Answer(SearchStep step)
    {
        if (_probes.Best < 0)
        {
            return NearestAnswer.None with { Probes = _probes.Count, Step = step };
        }

        var ordered = _probes.Answered
            .OrderBy(node => _probes[node])
            .Select(node => (_nodes[node], _probes.RoundTripOf(node)))
            .ToList();
        return new NearestAnswer(ordered[0].Item1, ordered[0].Item2, _lookAlikes.ChanceNoneNearer(_probes), _probes.Count, step, ordered[1..]);
    }

    private List<int> Hinted(RankOrigin origin, RankRequirements requirements)
    {
        var index = _nodes.Select((node, i) => (node.Name, i)).ToDictionary(n => n.Name, n => n.i);
        return
        [
            .. NodeRanking.Rank(_topology, origin, requirements)
                .Where(ranked => ranked.Expected is not null)
                .Select(ranked => index[ranked.Node.Name]),
        ];
    }

    /// <summary>Without a hint every node is as likely to be like the client; with one, a node's weight falls with the square of its rank.</summary>
    private double[] Prior()
    {
        var prior = new double[_nodes.Count];
        prior.AsSpan().Fill((_hinted.Count == 0 ? 1 : HintDoubt) / prior.Length);
        var sum = Enumerable.Range(1, _hinted.Count).Sum(rank => 1.0 / rank / rank);
        for (var rank = 1; rank <= _hinted.Count; rank++)
        {
            prior[_hinted[rank - 1]] += (1 - HintDoubt) / rank / rank / sum;
        }

        return prior;
    }
}
