using EdgeMesh.Relay.Upstreams;

namespace EdgeMesh.Workloads.Balancing;

/// <summary>One life of a replica as calls see it: where it is, what runs there, how fast it answers, how it has failed.</summary>
/// <remarks>
/// Thread-safe. A process that is started anew is a new target, at another port. Counts are atomic; of two observations of latency at the same moment one may be lost, which moves an average by
/// nothing. The handler is let go when the target has been retired and its last call has ended: (1) a call picks the target; (2) it is retired, nothing runs there, its handler is let go;
/// (3) the call begins and is refused as never sent, which every call may be: it goes to another replica.
/// </remarks>
internal sealed class ReplicaTarget
{
    // Of a rate that a single call cannot move and a change of the machine's mood can.
    private static readonly TimeSpan LatencyMemory = TimeSpan.FromSeconds(1);

    // Who is not asked for long is not known to be slow any more.
    private static readonly TimeSpan LatencyForgetting = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time;
    private readonly HttpMessageHandler _handler;
    private long _observedAt;
    private double _latencySeconds;
    private int _inFlight;
    private int _failuresInRow;
    private long _calls;
    private long _failures;
    private volatile bool _isRetired;
    private int _isDisposed;

    public ReplicaTarget(string workload, string name, Uri address, double weight, string? zone, HttpMessageHandler handler, string via, TimeProvider time)
    {
        (Name, Weight, Zone, _handler, _time) = (name, weight, zone, handler, time);
        Upstream = new Upstream($"replica {name} of workload {workload}", address, new HttpMessageInvoker(handler, disposeHandler: false)) { Via = via };
    }

    /// <summary>The replica's: <c>shop-1</c>.</summary>
    public string Name { get; }

    public double Weight { get; }

    /// <summary>Its Availability Zone; null: not said.</summary>
    public string? Zone { get; }

    public Upstream Upstream { get; }

    /// <summary>When it became well, a timestamp of the clock; its share of the calls grows from then.</summary>
    public long ReadyAt { get; set; }

    /// <summary>Whether probes find it well. Owned by the workload's lock.</summary>
    public bool IsHealthy { get; set; }

    /// <summary>Whether it takes no new calls, for good. Owned by the workload's lock.</summary>
    public bool IsDraining { get; set; }

    /// <summary>Until when its failures keep it out, a timestamp of the clock; 0: they do not. Owned by the workload's lock.</summary>
    public long EjectedUntil { get; set; }

    /// <summary>How often they have. Owned by the workload's lock.</summary>
    public int Ejections { get; set; }

    /// <summary>Calls that run there.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Calls that were sent there.</summary>
    public long Calls => Volatile.Read(ref _calls);

    /// <summary>Calls of these that it failed: lost, refused, or answered UNAVAILABLE.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Of the newest calls, how many failed without a success between.</summary>
    public int FailuresInRow => Volatile.Read(ref _failuresInRow);

    /// <summary>How long it takes to begin an answer, a moving average in seconds; 0: not known, or not for long.</summary>
    public double LatencySeconds(long now)
    {
        var latency = Volatile.Read(ref _latencySeconds);
        return latency == 0 ? 0 : latency * Math.Exp(-Math.Max(0, _time.GetElapsedTime(Volatile.Read(ref _observedAt), now).TotalSeconds) / LatencyForgetting.TotalSeconds);
    }

    public void Begin()
    {
        Interlocked.Increment(ref _inFlight);
        Interlocked.Increment(ref _calls);
    }

    public void End()
    {
        if (Interlocked.Decrement(ref _inFlight) == 0 && _isRetired)
        {
            DisposeHandler();
        }
    }

    /// <summary>It began an answer that is no failure.</summary>
    public void Observe(TimeSpan latency)
    {
        var now = _time.GetTimestamp();
        var known = Volatile.Read(ref _latencySeconds);
        var keep = known == 0 ? 0 : Math.Exp(-Math.Max(0, _time.GetElapsedTime(Volatile.Read(ref _observedAt), now).TotalSeconds + 0.01) / LatencyMemory.TotalSeconds);
        Volatile.Write(ref _latencySeconds, (known * keep) + (Math.Max(1e-6, latency.TotalSeconds) * (1 - keep)));
        Volatile.Write(ref _observedAt, now);
    }

    public void Succeed()
    {
        if (Volatile.Read(ref _failuresInRow) != 0)
        {
            Volatile.Write(ref _failuresInRow, 0);
        }
    }

    /// <returns>How many failures in a row that makes.</returns>
    public int Fail()
    {
        Interlocked.Increment(ref _failures);
        return Interlocked.Increment(ref _failuresInRow);
    }

    /// <summary>Has it forgive what failed before, when it comes back.</summary>
    public void Forgive() => Volatile.Write(ref _failuresInRow, 0);

    /// <summary>It gets no more calls; what runs there may end.</summary>
    public void Retire()
    {
        _isRetired = true;
        if (InFlight == 0)
        {
            DisposeHandler();
        }
    }

    private void DisposeHandler()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            _handler.Dispose();
        }
    }
}
