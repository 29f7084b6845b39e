namespace EdgeMesh.Latency.Search;

/// <summary>Guesses what the client would measure to nodes that it did not probe, from the nodes that see the mesh as it does.</summary>
/// <remarks>
/// <para>
/// Every node is a hypothesis: "the client stands where this node stands, behind an access link that adds a constant". Its likelihood is how well its
/// own round trips, plus the constant (the median difference), match the client's. Under a hypothesis the round trip to any other node follows; the weighted hypotheses together
/// give each node's chance to be nearer than the best one so far. The idea is that of landmark ordering (Ratnasamy et al., INFOCOM 2002) and of relaying distances
/// through a nearby server (King, IMW 2002), made probabilistic; heavy tails keep one odd or lying node from deciding.
/// </para>
/// <para>Recomputed after each batch of probes: candidates x probes, then candidates x <see cref="Kept"/>. Not thread-safe: the search owns it.</para>
/// </remarks>
internal sealed class LookAlikes
{
    /// <summary>How far a guess under the right hypothesis is off, as a share of the round trip; between a tenth and two fifths the search finds as much.</summary>
    public const double RelativeSpread = 0.2;

    /// <summary>The same for very short round trips: a campus or a metropolitan network.</summary>
    public const double LeastSpreadMilliseconds = 2;

    /// <summary>How steeply a chance falls with the distance in spreads: a logistic curve close to the normal one's, with the heavier tails that networks have.</summary>
    public const double ChanceSlope = 2;

    /// <summary>Hypotheses that guesses are made from: those beyond weigh next to nothing.</summary>
    public const int Kept = 64;

    private readonly NodeDistances _distances;
    private readonly double[] _logPrior;
    private readonly double[] _offsets;
    private readonly double[] _weights;
    private int[] _kept = [];

    /// <summary>Starts with what is believed before the first probe.</summary>
    /// <param name="distances">Between candidates.</param>
    /// <param name="prior">Each hypothesis' probability, above 0.</param>
    public LookAlikes(NodeDistances distances, double[] prior)
    {
        _distances = distances;
        _logPrior = [.. prior.Select(probability => Math.Log(probability))];
        _offsets = new double[prior.Length];
        _weights = new double[prior.Length];
    }

    /// <summary>Takes the probes so far; at least one must have been answered.</summary>
    public void Update(SearchProbes probes)
    {
        var greatest = double.NegativeInfinity;
        Span<double> differences = stackalloc double[64];
        for (var hypothesis = 0; hypothesis < _weights.Length; hypothesis++)
        {
            _offsets[hypothesis] = Offset(hypothesis, probes, differences);
            _weights[hypothesis] = _logPrior[hypothesis] + LogLikelihood(hypothesis, probes);
            greatest = Math.Max(greatest, _weights[hypothesis]);
        }

        _kept = [.. Enumerable.Range(0, _weights.Length).OrderByDescending(h => _weights[h]).Take(Kept)];
        var sum = _kept.Sum(hypothesis => Math.Exp(_weights[hypothesis] - greatest));
        foreach (var hypothesis in _kept)
        {
            _weights[hypothesis] = Math.Exp(_weights[hypothesis] - greatest) / sum;
        }
    }

    /// <summary>The chance that a candidate that was not probed is nearer than the best one, 0 to 1.</summary>
    public double ChanceNearer(int candidate, SearchProbes probes)
    {
        var best = probes[probes.Best];
        var chance = 0.0;
        foreach (var hypothesis in _kept)
        {
            chance += _weights[hypothesis] * ChanceNearer(hypothesis, candidate, best);
        }

        return chance;
    }

    /// <summary>The chance that no candidate that was not probed is nearer than the best one, 0 to 1.</summary>
    public double ChanceNoneNearer(SearchProbes probes)
    {
        var best = probes[probes.Best];
        var chance = 0.0;
        foreach (var hypothesis in _kept)
        {
            var none = _weights[hypothesis];
            for (var candidate = 0; candidate < _weights.Length; candidate++)
            {
                if (!probes.Tried(candidate))
                {
                    none *= 1 - ChanceNearer(hypothesis, candidate, best);
                }
            }

            chance += none;
        }

        return Math.Clamp(chance, 0, 1);
    }

    private double ChanceNearer(int hypothesis, int candidate, double best)
    {
        // The stand-in itself is about as far as its access link: somewhere between nothing and the offset.
        var expected = candidate == hypothesis
            ? Math.Abs(_offsets[hypothesis]) / 2
            : _distances.From(hypothesis)[candidate] + _offsets[hypothesis];
        if (double.IsNaN(expected))
        {
            return 0.5;
        }

        var z = (best - expected) / Spread(Math.Max(best, expected));
        return 1 / (1 + Math.Exp(-ChanceSlope * z));
    }

    /// <summary>The constant that the client's access adds: the median difference, which a minority of odd nodes cannot move.</summary>
    private double Offset(int hypothesis, SearchProbes probes, Span<double> differences)
    {
        var row = _distances.From(hypothesis);
        var count = 0;
        foreach (var node in probes.Answered)
        {
            if (node != hypothesis && !double.IsNaN(row[node]) && count < differences.Length)
            {
                differences[count++] = probes[node] - row[node];
            }
        }

        var sorted = differences[..count];
        sorted.Sort();
        return count == 0 ? 0 : (sorted[count / 2] + sorted[(count - 1) / 2]) / 2;
    }

    private double LogLikelihood(int hypothesis, SearchProbes probes)
    {
        var row = _distances.From(hypothesis);
        var logLikelihood = 0.0;
        foreach (var node in probes.Answered)
        {
            if (node == hypothesis || double.IsNaN(row[node]))
            {
                continue;
            }

            var z = (probes[node] - row[node] - _offsets[hypothesis]) / Spread(probes[node]);
            logLikelihood -= Math.Log(1 + (z * z));
        }

        return logLikelihood;
    }

    private static double Spread(double milliseconds) => LeastSpreadMilliseconds + (RelativeSpread * milliseconds);
}
