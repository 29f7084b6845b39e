using System.Diagnostics.CodeAnalysis;
using EdgeMesh.Latency;
using EdgeMesh.Latency.Coordinates;
using EdgeMesh.Latency.Pairs;
using EdgeMesh.Latency.Probing;
using EdgeMesh.Probing.Messages;
using EdgeMesh.V1;
using Google.Protobuf.WellKnownTypes;
using EstimateSource = EdgeMesh.Latency.Pairs.EstimateSource;
using Reachability = EdgeMesh.Latency.Pairs.Reachability;

namespace EdgeMesh.Probing.Peers;

/// <summary>What a node has measured: its peers, its own place in latency space, and who is nearest.</summary>
/// <remarks>
/// Knows no network: <see cref="Prober"/> tells it what was sent and what came back. Thread-safe: one lock owns all of it. Times are of one clock, the
/// prober's; nothing depends on their going up (<see cref="PairState"/>). A peer may say anything: an answer counts once, in time, to a probe that was sent,
/// under the peer's own name; of the residence that it claims at most half is believed; a coordinate that cannot be is no coordinate; and
/// neighbours count only if the Region named them too. Memory: 17 KiB a peer.
/// </remarks>
public sealed class PeerTable
{
    /// <summary>The system's timers run by milliseconds, and fire late by as much: no stall of this process, and not counted as waiting.</summary>
    public static readonly TimeSpan TimerGrain = TimeSpan.FromMilliseconds(2);

    // What peers say of whom they are near to is forgotten after this.
    private static readonly TimeSpan GuessAge = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Peer> _peers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (TimeSpan RoundTrip, TimeSpan Told)> _guesses = new(StringComparer.Ordinal);
    private readonly Queue<(TimeSpan Deadline, Peer Peer, ulong Sequence)> _deadlines = new();
    private readonly PublishedCoordinate _published = new();
    private readonly ProbingOptions _options;
    private readonly CoordinateState _coordinate;
    private Dictionary<string, MeshNode> _mesh = new(StringComparer.Ordinal);
    private Coordinate? _toldCoordinate;
    private bool _hasLeavers;
    private volatile IReadOnlyList<MeshNeighbour> _neighbours = [];

    /// <summary>Starts without peers.</summary>
    /// <param name="options">How they are probed.</param>
    /// <param name="random">For directions in latency space; this table's alone.</param>
    public PeerTable(ProbingOptions options, Random random) => (_options, _coordinate) = (options, new CoordinateState(random));

    /// <summary>This node's coordinate as it is now, for those who probe it; null before the first measurement.</summary>
    public Coordinate? Coordinate => _coordinate.Accepted > 0 ? _coordinate.Current : null;

    /// <summary>Peers reached lately, the nearest first, as of the last <see cref="Refresh"/>. Not to be changed.</summary>
    public IReadOnlyList<MeshNeighbour> Neighbours => _neighbours;

    /// <summary>Chooses peers anew.</summary>
    /// <param name="now">The prober's clock.</param>
    /// <param name="mesh">All nodes; this one may be among them. Null: as before.</param>
    /// <returns>All peers.</returns>
    public IReadOnlyCollection<MeshNode> Choose(TimeSpan now, IEnumerable<MeshNode>? mesh)
    {
        lock (_lock)
        {
            if (mesh is not null)
            {
                _mesh = new Dictionary<string, MeshNode>(StringComparer.Ordinal);
                foreach (var node in mesh)
                {
                    if (node.Name != _options.Node)
                    {
                        _mesh[node.Name] = node;
                    }
                }
            }

            foreach (var name in _guesses.Where(guess => !_mesh.ContainsKey(guess.Key) || now - guess.Value.Told > GuessAge).Select(guess => guess.Key).ToList())
            {
                _guesses.Remove(name);
            }

            var live = _mesh.Values.Where(node => !node.IsLost).Select(node => (node.Name, PredictLocked(now, node.Name))).ToList();
            var chosen = NeighbourSet.Choose(_options.Node, live, _options.MaxPeers).ToHashSet(StringComparer.Ordinal);
            chosen.UnionWith(_mesh.Values.Where(node => node.IsLost).Select(node => node.Name).Order(StringComparer.Ordinal).Take(_options.MaxPeers - chosen.Count));
            foreach (var name in _peers.Keys.Where(name => !chosen.Contains(name)).ToList())
            {
                _peers.Remove(name);
                _coordinate.Forget(name);
                _hasLeavers = true;
            }

            foreach (var name in chosen)
            {
                if (_peers.TryGetValue(name, out var peer))
                {
                    peer.Node = _mesh[name];
                }
                else
                {
                    _peers.Add(name, new Peer(_mesh[name], _options.Interval));
                }
            }

            return [.. _peers.Values.Select(peer => peer.Node)];
        }
    }

    /// <summary>A probe is about to be sent.</summary>
    /// <param name="name">To whom.</param>
    /// <param name="due">When it was to be.</param>
    /// <param name="now">When it is.</param>
    /// <param name="isWarm">Whether the connection stands.</param>
    /// <returns>It; null: that is no peer any more.</returns>
    public ProbeRequest? Send(string name, TimeSpan due, TimeSpan now, bool isWarm)
    {
        lock (_lock)
        {
            if (!_peers.TryGetValue(name, out var peer))
            {
                return null;
            }

            var sequence = ++peer.Sequence;
            peer.Pending[sequence] = new PendingProbe(due, now, isWarm);
            _deadlines.Enqueue((now + _options.Timeout, peer, sequence));

            // In a mesh that it cannot probe whole, peers tell a node who else is near.
            return new ProbeRequest { Sequence = sequence, Neighbours = _mesh.Count > _options.MaxPeers && sequence % 12 == 1 };
        }
    }

    /// <summary>Takes an answer.</summary>
    /// <param name="name">The peer over whose link it came.</param>
    /// <param name="answer">What it says.</param>
    /// <param name="now">When it came.</param>
    public AnswerOutcome Answer(string name, ProbeResponse answer, TimeSpan now)
    {
        lock (_lock)
        {
            if (!_peers.TryGetValue(name, out var peer) || !peer.Pending.Remove(answer.Sequence, out var probe))
            {
                return AnswerOutcome.Unasked;
            }

            if (answer.Node != name)
            {
                LoseLocked(peer, now);
                return AnswerOutcome.Implausible;
            }

            if (!probe.IsWarm)
            {
                return AnswerOutcome.Warmed;
            }

            var roundTrip = RoundTrip.Of(now - probe.Sent, DurationMessages.Read(answer.Residence) ?? TimeSpan.Zero);
            var waited = probe.Sent - probe.Due;
            if (!peer.Pair.Answered(now, roundTrip, waited > TimerGrain ? waited : TimeSpan.Zero))
            {
                peer.LostInARow++;
                return AnswerOutcome.Implausible;
            }

            peer.LostInARow = 0;
            ObserveLocked(peer, answer, roundTrip, now);
            return AnswerOutcome.Measured;
        }
    }

    /// <summary>Gives up probes whose time is over.</summary>
    /// <param name="now">The prober's clock.</param>
    /// <returns>For each lost probe its peer, and how many of its probes are lost since its last answer.</returns>
    public IReadOnlyList<(string Peer, int LostInARow)> Expire(TimeSpan now)
    {
        lock (_lock)
        {
            List<(string, int)>? lost = null;

            // A clock that jumped back would let probes wait for as long: those that were sent later than now are over, too.
            while (_deadlines.TryPeek(out var oldest) && (oldest.Deadline <= now || oldest.Deadline > now + _options.Timeout))
            {
                _deadlines.Dequeue();
                if (oldest.Peer.Pending.Remove(oldest.Sequence))
                {
                    LoseLocked(oldest.Peer, now);
                    (lost ??= []).Add((oldest.Peer.Node.Name, oldest.Peer.LostInARow));
                }
            }

            return lost ?? [];
        }
    }

    /// <summary>When <see cref="Expire"/> has the next to give up; null: nothing waits.</summary>
    public TimeSpan? NextDeadline
    {
        get
        {
            lock (_lock)
            {
                return _deadlines.TryPeek(out var oldest) ? oldest.Deadline : null;
            }
        }
    }

    /// <summary>What is known of each peer.</summary>
    /// <param name="now">The prober's clock.</param>
    public IReadOnlyList<(MeshNode Node, PairEstimate Estimate)> ReadPairs(TimeSpan now)
    {
        lock (_lock)
        {
            return [.. _peers.Values.Select(peer => (peer.Node, EstimateLocked(now, peer)))];
        }
    }

    /// <summary>Where this node and its peers are in latency space, by name, as far as is known.</summary>
    public IReadOnlyDictionary<string, Coordinate> ReadCoordinates()
    {
        lock (_lock)
        {
            var coordinates = _peers.Values.Where(peer => peer.Coordinate is not null).ToDictionary(peer => peer.Node.Name, peer => peer.Coordinate!, StringComparer.Ordinal);
            if (Coordinate is { } own)
            {
                coordinates[_options.Node] = own;
            }

            return coordinates;
        }
    }

    /// <summary>Takes stock: once a round of probes.</summary>
    /// <param name="now">The prober's clock.</param>
    public void Refresh(TimeSpan now)
    {
        lock (_lock)
        {
            if (_coordinate.Accepted > 0)
            {
                _published.Take(_coordinate.Current);
            }

            _neighbours =
            [
                .. _peers.Values
                    .Select(peer => (peer.Node, Estimate: EstimateLocked(now, peer)))
                    .Where(pair => pair.Estimate is { Source: EstimateSource.Measured, Reachability: Reachability.Reachable })
                    .OrderBy(pair => pair.Estimate.RoundTrip)
                    .Select(pair => new MeshNeighbour
                    {
                        Node = pair.Node.Name,
                        Address = pair.Node.Address.GetLeftPart(UriPartial.Authority),
                        RoundTrip = Duration.FromTimeSpan(pair.Estimate.RoundTrip!.Value),
                    }),
            ];
        }
    }

    /// <summary>What the Region is to be told: once a heartbeat.</summary>
    /// <param name="now">The prober's clock.</param>
    /// <param name="whole">All, not only what changed since the last time: to a Region that may know nothing.</param>
    public LatencyObservations Observe(TimeSpan now, bool whole)
    {
        lock (_lock)
        {
            var observations = new LatencyObservations { Whole = whole || _hasLeavers };
            _hasLeavers = false;
            if (_coordinate.Accepted > 0 && (whole || _toldCoordinate != _published.Current))
            {
                _toldCoordinate = _published.Current;
                observations.Coordinate = _toldCoordinate.ToMessage();
            }

            foreach (var peer in _peers.Values)
            {
                // What is only predicted, the Region predicts itself.
                var estimate = EstimateLocked(now, peer);
                var known = estimate.Source == EstimateSource.Measured ? estimate : PairEstimate.Unknown with { Reachability = estimate.Reachability, LossShare = estimate.LossShare };
                if (observations.Whole || PairChange.IsNoticeable(peer.Told, known, _options.Interval))
                {
                    peer.Told = known;
                    observations.Pairs.Add(new PairMeasurement { To = peer.Node.Name, Latency = known.ToMessage() });
                }
            }

            return observations;
        }
    }

    private PairEstimate EstimateLocked(TimeSpan now, Peer peer) => peer.Pair.Estimate(now, _coordinate.Current, _coordinate.Accepted > 0 ? peer.Coordinate : null);

    /// <summary>The round trip to a node as far as it can be guessed: measured, by coordinates, or over a peer that is near to it.</summary>
    private TimeSpan? PredictLocked(TimeSpan now, string name) =>
        _peers.TryGetValue(name, out var peer) && EstimateLocked(now, peer).RoundTrip is { } known ? known
        : _guesses.TryGetValue(name, out var guess) ? guess.RoundTrip
        : null;

    private void ObserveLocked(Peer peer, ProbeResponse answer, TimeSpan roundTrip, TimeSpan now)
    {
        // A peer without a coordinate starts in the middle, like everyone; one with an impossible coordinate teaches nothing.
        if (TryReadCoordinate(answer, out var coordinate))
        {
            peer.Coordinate = coordinate;
            _coordinate.Observe(peer.Node.Name, coordinate, roundTrip);
        }

        foreach (var neighbour in answer.Neighbours.Take(Answers.ProbeReflector.MaxNeighbours))
        {
            if (DurationMessages.Read(neighbour.RoundTrip) is { } further && RoundTrip.IsPlausible(further) && _mesh.ContainsKey(neighbour.Node)
                && (!_guesses.TryGetValue(neighbour.Node, out var before) || roundTrip + further < before.RoundTrip))
            {
                _guesses[neighbour.Node] = (roundTrip + further, now);
            }
        }
    }

    private static bool TryReadCoordinate(ProbeResponse answer, [NotNullWhen(true)] out Coordinate? coordinate)
    {
        coordinate = Latency.Coordinates.Coordinate.Origin;
        return answer.Coordinate is null || CoordinateMessages.TryRead(answer.Coordinate, out coordinate);
    }

    private static void LoseLocked(Peer peer, TimeSpan now)
    {
        peer.Pair.Lost(now);
        peer.LostInARow++;
    }
}
