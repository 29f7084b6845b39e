using EdgeMesh.Lab.LatencySimulation;
using EdgeMesh.Latency.Samples;
using EdgeMesh.V1;
using Google.Protobuf.WellKnownTypes;

namespace EdgeMesh.Lab.RoutingSimulation;

/// <summary>What a node does with what reaches it.</summary>
internal enum NodeCondition
{
    /// <summary>It answers.</summary>
    Well,

    /// <summary>Its process is gone: connections are refused, and those that stood are reset.</summary>
    Dead,

    /// <summary>It takes everything and answers nothing.</summary>
    BlackHole,
}

/// <summary>A node with so many places to serve calls, and a queue before them.</summary>
/// <remarks>A call takes an exponential time around its mean, at least a quarter of that; a straggler many times as long. Not thread-safe: all of it runs in events.</remarks>
internal sealed class SimulatedNode
{
    /// <summary>A straggler takes so many times what its call would have taken: a garbage collection, a cold page, a lock.</summary>
    public const double StragglerFactor = 50;

    // As a node tells of its own answers (RelayCounters): of the last so many calls, within a minute.
    private const int Slices = 600;
    private const int MinServed = 20;
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(100);

    private readonly VirtualTime _time;
    private readonly Random _random;
    private readonly TimeSpan _meanService;
    private readonly int _places;
    private readonly bool _tellsCapacity;
    private readonly LinkedList<Work> _queue = new();
    private readonly HashSet<Work> _running = [];
    private readonly (long Number, DDSketch Times)[] _served = new (long, DDSketch)[Slices];
    private readonly List<Action> _onDeath = [];
    private long _secondNumber = -1;
    private int _secondArrivals;

    public SimulatedNode(VirtualTime time, string name, TimeSpan meanService, int places, bool tellsCapacity, Random random)
    {
        (_time, Name, _meanService, _places, _tellsCapacity, _random) = (time, name, meanService, places, tellsCapacity, random);
        Address = new Uri($"http://{name}:1");
    }

    public string Name { get; }

    public Uri Address { get; }

    public NodeCondition Condition { get; private set; }

    /// <summary>Share of calls that take <see cref="StragglerFactor"/> times as long.</summary>
    public double StragglerShare { get; set; }

    /// <summary>How many times as long every call takes.</summary>
    public double Slowness { get; set; } = 1;

    /// <summary>Calls that came.</summary>
    public long Arrivals { get; private set; }

    /// <summary>The most calls that came within a second, counted from <see cref="CountPeaksFrom"/> on.</summary>
    public int PeakArrivals { get; private set; }

    /// <summary>When peaks begin to count.</summary>
    public TimeSpan CountPeaksFrom { get; set; }

    /// <summary>Calls a second that it can serve.</summary>
    public double CapacityPerSecond => _places / _meanService.TotalSeconds;

    /// <summary>Runs when the process ends.</summary>
    public void OnDeath(Action action) => _onDeath.Add(action);

    /// <summary>Changes what becomes of it.</summary>
    public void Become(NodeCondition condition)
    {
        Condition = condition;
        if (condition == NodeCondition.Dead)
        {
            foreach (var work in _queue.Concat(_running).ToList())
            {
                work.End(isServed: false);
            }

            _queue.Clear();
            _running.Clear();
            _onDeath.ForEach(action => action());
            _onDeath.Clear();
        }
    }

    /// <summary>A call comes.</summary>
    /// <param name="ended">Whether it was served, or cut by the node's death; never called by a black hole.</param>
    /// <returns>Gives the call up: what waits does not begin, what runs goes on for nobody.</returns>
    public Action Serve(Action<bool> ended)
    {
        Arrivals++;
        NotePeak();
        var work = new Work(_time.Now, ended);
        if (Condition == NodeCondition.BlackHole)
        {
            return () => { };
        }

        if (_running.Count < _places)
        {
            Begin(work);
        }
        else
        {
            _queue.AddLast(work);
        }

        return () => _queue.Remove(work);
    }

    /// <summary>What it answers to a probe.</summary>
    public ProbeResponse Describe()
    {
        var answer = new ProbeResponse { Node = Name, Region = Mesh.Region, InFlight = (uint)(_running.Count + _queue.Count), Capacity = _tellsCapacity ? (uint)_places : 0, Residence = new Duration() };
        answer.ServedMedian = ReadServedMedian() is { } median ? Duration.FromTimeSpan(median) : null;
        return answer;
    }

    /// <summary>Of the last calls, as many slices of them as make up enough.</summary>
    private TimeSpan? ReadServedMedian()
    {
        var served = new DDSketch();
        for (var number = SliceNumber; number > SliceNumber - Slices && number >= 0 && served.Count < MinServed; number--)
        {
            var (kept, times) = _served[number % Slices];
            if (times is not null && kept == number)
            {
                served.Merge(times);
            }
        }

        return served.Count >= MinServed ? served.Quantile(0.5) : null;
    }

    private long SliceNumber => _time.Now.Ticks / Slice.Ticks;

    private void NotePeak()
    {
        var second = (long)_time.Now.TotalSeconds;
        (_secondNumber, _secondArrivals) = second == _secondNumber ? (second, _secondArrivals + 1) : (second, 1);
        if (_time.Now >= CountPeaksFrom)
        {
            PeakArrivals = Math.Max(PeakArrivals, _secondArrivals);
        }
    }

    private void Begin(Work work)
    {
        _running.Add(work);
        var times = 0.25 + (0.75 * -Math.Log(1 - _random.NextDouble()));
        var factor = Slowness * (StragglerShare > 0 && _random.NextDouble() < StragglerShare ? StragglerFactor : 1);
        _time.At(_time.Now + (_meanService * (times * factor)), () => Finish(work));
    }

    private void Finish(Work work)
    {
        if (!_running.Remove(work) || Condition != NodeCondition.Well)
        {
            return;
        }

        ref var slot = ref _served[SliceNumber % Slices];
        if (slot.Times is null || slot.Number != SliceNumber)
        {
            slot = (SliceNumber, new DDSketch());
        }

        slot.Times.Add(_time.Now - work.Arrived);
        work.End(isServed: true);
        if (_queue.First is { } next)
        {
            _queue.RemoveFirst();
            Begin(next.Value);
        }
    }

    private sealed class Work(TimeSpan arrived, Action<bool> ended)
    {
        public TimeSpan Arrived => arrived;

        public void End(bool isServed) => ended(isServed);
    }
}
