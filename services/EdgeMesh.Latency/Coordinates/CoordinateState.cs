namespace EdgeMesh.Latency.Coordinates;

/// <summary>A node's own coordinate as it learns: every answered probe pulls or pushes it towards where the round trips fit.</summary>
/// <remarks>
/// <para>
/// Vivaldi's adaptive algorithm (Dabek et al., SIGCOMM 2004, figure 3) with Serf's parameters, Ledlie's latency filter in front
/// (<see cref="LatencyFilter"/>) and three deviations from Serf, each measured (docs/decisions.md): the force ignores adjustments,
/// so that two corrections do not chase each other; the step shrinks as samples come in; and the filter is Ledlie's percentile, not a median of three.
/// </para>
/// <para>
/// One sample moves the coordinate by at most half the step times the difference between claim and prediction, which <see cref="RoundTrip"/> and
/// <see cref="Coordinate.TryCreate"/> bound; every result is checked and a coordinate that left its bounds starts over. Not thread-safe: one owner
/// observes; <see cref="Current"/> may be read by anyone. A kilobyte, and 200 bytes per remembered peer.
/// </para>
/// </remarks>
public sealed class CoordinateState
{
    /// <summary>The most that an observation weighs in the error estimate (Serf, VivaldiCE; c_e in SIGCOMM 2004).</summary>
    public const double ErrorStep = 0.25;

    /// <summary>The step at the start (Serf, VivaldiCC; c_c in SIGCOMM 2004).</summary>
    public const double FirstStep = 0.25;

    /// <summary>The step never gets smaller, so that the coordinate keeps following the network. SIGCOMM 2004 section 4.2: small steps fit best, 0.05 still moves.</summary>
    public const double LastStep = 0.05;

    /// <summary>Accepted samples after which the step is half of the first: twenty rounds over 32 neighbours.</summary>
    public const double StepHalvesAfter = 640;

    /// <summary>Recent samples that the adjustment averages (Serf, AdjustmentWindowSize).</summary>
    public const int AdjustmentWindow = 20;

    /// <summary>How hard coordinates are drawn to the middle, so that the whole does not drift (Serf, GravityRho, after NSDI 2007).</summary>
    public const double GravityRho = 150;

    /// <summary>Nobody is surer than this: keeps weights finite (Serf, zeroThreshold).</summary>
    public const double MinError = 1e-6;

    /// <summary>Peers whose recent samples are remembered; the longest unheard goes first. Far above any neighbour set.</summary>
    public const int MaxPeers = 1024;

    // Closer than this the direction between two coordinates means nothing (Serf, zeroThreshold).
    private const double SamePlaceSeconds = 1e-6;

    private readonly Random _random;
    private readonly Dictionary<string, Peer> _peers = [];
    private readonly double[] _position = new double[Coordinate.Dimensions];
    private readonly double[] _residuals = new double[AdjustmentWindow];
    private double _height = Coordinate.MinHeightSeconds;
    private double _adjustment;
    private double _error = Coordinate.MaxError;
    private long _accepted;
    private long _observations;
    private volatile Coordinate _current = Coordinate.Origin;

    /// <summary>Starts in the middle.</summary>
    /// <param name="random">Picks a direction away from a peer at the very same place.</param>
    public CoordinateState(Random random) => _random = random;

    /// <summary>The coordinate now.</summary>
    public Coordinate Current => _current;

    /// <summary>Accepted samples.</summary>
    public long Accepted => _accepted;

    /// <summary>Rejected samples, and restarts of a coordinate that left its bounds.</summary>
    public long Rejected { get; private set; }

    /// <summary>Takes one answered probe.</summary>
    /// <param name="peer">Who answered: its name.</param>
    /// <param name="peerCoordinate">The coordinate in its answer.</param>
    /// <param name="roundTrip">Network time of the probe.</param>
    public SampleOutcome Observe(string peer, Coordinate peerCoordinate, TimeSpan roundTrip)
    {
        if (!RoundTrip.IsPlausible(roundTrip))
        {
            Rejected++;
            return SampleOutcome.ImplausibleRoundTrip;
        }

        var seconds = PeerOf(peer).Filter.Push(roundTrip.TotalSeconds);
        var before = _current;

        // 1. Who is surer of its place moves less.
        var weight = _error / (_error + peerCoordinate.Error);

        // 2. Our own error: a moving average of how wrong predictions are.
        var distance = before.RawDistanceSecondsTo(peerCoordinate);
        var relative = Math.Min(Math.Abs(distance - seconds) / seconds, Coordinate.MaxError);
        var share = ErrorStep * weight;
        _error = Math.Clamp((relative * share) + (_error * (1 - share)), MinError, Coordinate.MaxError);

        // 3. Move along the line between us.
        var step = Math.Max(LastStep, FirstStep / (1 + (_accepted / StepHalvesAfter)));
        Push(peerCoordinate, step * weight * (seconds - distance));

        // 4. What is left over is the adjustment, halved because the peer has one too.
        _residuals[_accepted % AdjustmentWindow] = seconds - RawDistanceTo(peerCoordinate);
        _accepted++;
        _adjustment = _residuals.Sum() / (2 * AdjustmentWindow);

        // 5. Gravity.
        var outward = RawDistanceTo(Coordinate.Origin) / GravityRho;
        Push(Coordinate.Origin, -outward * outward);

        if (!Coordinate.TryCreate(_position, _height, _adjustment, _error, out var after))
        {
            StartOver();
            return SampleOutcome.Accepted;
        }

        _current = after;
        return SampleOutcome.Accepted;
    }

    /// <summary>Forgets a peer that left.</summary>
    public void Forget(string peer) => _peers.Remove(peer);

    private Peer PeerOf(string name)
    {
        _observations++;
        if (!_peers.TryGetValue(name, out var peer))
        {
            if (_peers.Count >= MaxPeers)
            {
                _peers.Remove(_peers.MinBy(p => p.Value.LastObservation).Key);
            }

            _peers.Add(name, peer = new Peer());
        }

        peer.LastObservation = _observations;
        return peer;
    }

    private double RawDistanceTo(Coordinate other)
    {
        var sum = 0.0;
        for (var i = 0; i < _position.Length; i++)
        {
            var difference = _position[i] - other.Position[i];
            sum += difference * difference;
        }

        return Math.Sqrt(sum) + _height + other.HeightSeconds;
    }

    /// <summary>Moves by <paramref name="forceSeconds"/> away from <paramref name="other"/>; the height grows or shrinks in proportion (SIGCOMM 2004, section 5.4).</summary>
    private void Push(Coordinate other, double forceSeconds)
    {
        Span<double> direction = stackalloc double[Coordinate.Dimensions];
        var length = Direction(other, direction);
        if (length > SamePlaceSeconds)
        {
            _height = Math.Max(Coordinate.MinHeightSeconds, _height + ((_height + other.HeightSeconds) * forceSeconds / length));
        }
        else
        {
            length = RandomDirection(direction);
        }

        for (var i = 0; i < _position.Length; i++)
        {
            _position[i] += direction[i] / length * forceSeconds;
        }
    }

    private double Direction(Coordinate other, Span<double> direction)
    {
        var sum = 0.0;
        for (var i = 0; i < direction.Length; i++)
        {
            direction[i] = _position[i] - other.Position[i];
            sum += direction[i] * direction[i];
        }

        return Math.Sqrt(sum);
    }

    private double RandomDirection(Span<double> direction)
    {
        var sum = 0.0;
        for (var i = 0; i < direction.Length; i++)
        {
            direction[i] = _random.NextDouble() - 0.5;
            sum += direction[i] * direction[i];
        }

        if (sum > 0)
        {
            return Math.Sqrt(sum);
        }

        direction[0] = 1;
        return 1;
    }

    private void StartOver()
    {
        Rejected++;
        Array.Clear(_position);
        Array.Clear(_residuals);
        _height = Coordinate.MinHeightSeconds;
        _adjustment = 0;
        _error = Coordinate.MaxError;
        _accepted = 0;
        _current = Coordinate.Origin;
    }

    private sealed class Peer
    {
        public LatencyFilter Filter { get; } = new();

        public long LastObservation { get; set; }
    }
}
