using EdgeMesh.Client;
using EdgeMesh.Lab.LatencySimulation;

namespace EdgeMesh.Lab.RoutingSimulation;

/// <summary>Plays clients and nodes in virtual time. The clients are <see cref="EdgeMeshHandler"/> as it ships, over connections that are simulated; the same seed gives the same answer.</summary>
public static class RoutingSimulator
{
    /// <summary>When the event happens: hedging delays and homes have settled by then.</summary>
    private static readonly TimeSpan EventAt = TimeSpan.FromSeconds(40);

    // Clients do not start in one instant.
    private static readonly TimeSpan StartWithin = TimeSpan.FromSeconds(2);

    // A client knows its mesh after a few round trips. Calls that waited for that together would not all go on inside the event that ends the wait: the runtime takes others to its pool.
    private static readonly TimeSpan LearnFor = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SettledAt = TimeSpan.FromSeconds(15);

    // Fine enough for how long an ejection takes, within the few seconds in which that matters.
    private static readonly TimeSpan FineLook = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan FineLooks = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    // A call's answer may come so long after the last was made.
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(20);

    /// <summary>Simulates.</summary>
    /// <param name="options">What.</param>
    /// <param name="cancellationToken">Ends it between two events.</param>
    /// <exception cref="ArgumentException">Options are out of range.</exception>
    public static RoutingSimulationReport Run(RoutingSimulationOptions options, CancellationToken cancellationToken)
    {
        options.Validate();
        var report = Play(options, new EdgeMeshClientOptions { Bootstrap = [] }.HedgeShare, cancellationToken);
        return options.Scenario == RoutingScenario.Stragglers ? report with { P99Unhedged = Play(options, hedgeShare: 0, cancellationToken).P99After } : report;
    }

    private static RoutingSimulationReport Play(RoutingSimulationOptions options, double hedgeShare, CancellationToken cancellationToken)
    {
        using var inline = Continuations.KeepInline();
        var run = new SimulatedRun(options, hedgeShare, cancellationToken);
        try
        {
            return run.Play();
        }
        finally
        {
            run.Dispose();
        }
    }

    /// <summary>One play: who is there, and what was seen.</summary>
    private sealed class SimulatedRun : IDisposable
    {
        private readonly RoutingSimulationOptions _options;
        private readonly VirtualTime _time;
        private readonly List<SimulatedNode> _nodes = [];
        private readonly List<RoutingClient> _clients = [];
        private readonly string?[] _homes;
        private readonly HashSet<int> _callers = [];
        private readonly TimeSpan _end;
        private long _moves;
        private long _arrivalsBefore;
        private long _callsBefore;
        private TimeSpan? _ejectedAt;

        public SimulatedRun(RoutingSimulationOptions options, double hedgeShare, CancellationToken cancellationToken)
        {
            _options = options;
            _time = new VirtualTime(cancellationToken);
            _end = EventAt + options.EffectiveDuration;
            _homes = new string?[options.EffectiveClients];
            var random = new Random(options.Seed);
            var clock = new VirtualTimeProvider(_time);

            // 1. Nodes: in a herd, each serves half of what all clients ask; otherwise many times that.
            var isHerd = options.Scenario == RoutingScenario.Herd;
            var callsPerSecond = isHerd ? 4.0 : 20.0;
            var meanService = TimeSpan.FromMilliseconds(isHerd ? 10 : 2);
            var places = isHerd ? Math.Max(1, (int)(options.EffectiveClients * callsPerSecond * meanService.TotalSeconds / 2)) : 64;
            for (var i = 0; i < options.Nodes; i++)
            {
                _nodes.Add(new SimulatedNode(_time, $"node-{i + 1}", meanService, places, options.IsCapacityTold, new Random(random.Next())) { CountPeaksFrom = SettledAt, StragglerShare = options.Scenario == RoutingScenario.Stragglers ? 0.02 : 0 });
            }

            // 2. Clients: all of them nearest to the first node, each a little elsewhere.
            var mesh = Mesh.Describe(_nodes);
            for (var i = 0; i < options.EffectiveClients; i++)
            {
                var own = new Random(random.Next());
                var place = TimeSpan.FromMilliseconds(own.NextDouble());
                HttpMessageHandler Connect(SimulatedNode node) => new NodeTransport(_time, node, options.NearestRoundTrip + place + (options.RoundTripStep * _nodes.IndexOf(node)), mesh, own);
                _time.At(StartWithin * own.NextDouble(), () =>
                {
                    var client = new RoutingClient(_time, clock, _nodes, Connect, callsPerSecond, hedgeShare, own);
                    _clients.Add(client);
                    _time.At(_time.Now + LearnFor + (4 * (options.NearestRoundTrip + (options.RoundTripStep * options.Nodes))), () => client.CallUntil(_end));
                });
            }
        }

        public RoutingSimulationReport Play()
        {
            LookEvery(Look, _end, NoteHomes);
            _time.At(EventAt, Happen);
            _time.Run(_end + Drain);
            var calls = _clients.SelectMany(client => client.Ended).ToList();
            var isSudden = _options.Scenario is RoutingScenario.Kill or RoutingScenario.BlackHole;
            var after = calls.Where(call => call.Begun >= EventAt && (!isSudden || call.Begun < EventAt + TimeSpan.FromSeconds(1)));
            var before = Sorted(calls.Where(call => call.Begun >= SettledAt && call.Begun < EventAt));
            var made = _clients.Sum(client => client.Calls);
            return new RoutingSimulationReport(
                _options.Scenario,
                _clients.Count,
                _nodes.Count,
                _options.Seed,
                made,
                made - calls.Count(call => call.IsWell),
                Quantile(before, 0.5),
                Quantile(before, 0.99),
                Quantile(Sorted(after), 0.99),
                _callers.Count == 0 ? _ejectedAt - EventAt : null,
                P99Unhedged: null,
                (double)(_nodes.Sum(node => node.Arrivals) - _arrivalsBefore) / Math.Max(1, made - _callsBefore),
                _options.Scenario == RoutingScenario.Herd ? _nodes.Max(node => node.PeakArrivals / node.CapacityPerSecond) : null,
                _moves / (double)_clients.Count / (_end - SettledAt).TotalMinutes);
        }

        public void Dispose()
        {
            foreach (var client in _clients)
            {
                client.Dispose();
            }
        }

        private static TimeSpan[] Sorted(IEnumerable<EndedCall> calls) => [.. calls.Select(call => call.Took).Order()];

        private static TimeSpan Quantile(TimeSpan[] sorted, double quantile) => sorted.Length == 0 ? TimeSpan.Zero : sorted[(int)(quantile * (sorted.Length - 1))];

        private void Happen()
        {
            _arrivalsBefore = _nodes.Sum(node => node.Arrivals);
            _callsBefore = _clients.Sum(client => client.Calls);
            switch (_options.Scenario)
            {
                case RoutingScenario.Kill or RoutingScenario.BlackHole:
                    for (var i = 0; i < _clients.Count; i++)
                    {
                        if (_clients[i].ReadNodes().Any(node => node.IsHome && node.Name == _nodes[0].Name))
                        {
                            _callers.Add(i);
                        }
                    }

                    _nodes[0].Become(_options.Scenario == RoutingScenario.Kill ? NodeCondition.Dead : NodeCondition.BlackHole);
                    LookEvery(FineLook, EventAt + FineLooks, NoteEjections);
                    break;
                case RoutingScenario.Overload:
                    _nodes.ForEach(node => node.Slowness = 20);
                    break;
            }
        }

        private void LookEvery(TimeSpan interval, TimeSpan until, Action look) => _time.At(_time.Now + interval, () =>
        {
            look();
            if (_time.Now + interval <= until)
            {
                LookEvery(interval, until, look);
            }
        });

        private void NoteHomes()
        {
            for (var i = 0; i < _clients.Count; i++)
            {
                var home = _clients[i].ReadNodes().FirstOrDefault(node => node.IsHome)?.Name;
                _moves += _time.Now > SettledAt && home != _homes[i] ? 1 : 0;
                _homes[i] = home;
            }
        }

        private void NoteEjections()
        {
            if (_callers.RemoveWhere(i => _clients[i].ReadNodes().Any(node => node.Name == _nodes[0].Name && node.IsEjected)) > 0)
            {
                _ejectedAt = _time.Now;
            }
        }
    }
}
