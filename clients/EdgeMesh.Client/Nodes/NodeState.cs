using System.Collections.Concurrent;
using EdgeMesh.Client.Hedging;
using EdgeMesh.Client.Picking;
using EdgeMesh.Latency.Samples;
using EdgeMesh.V1;

namespace EdgeMesh.Client.Nodes;

/// <summary>A node that this client may call: its connections, and what probes and calls taught of it.</summary>
/// <remarks>
/// Thread-safe: one lock owns the estimates; a pick reads them, word by word, without it. Whether the node is ejected is for <see cref="NodePool"/> to say, which knows the
/// others; it is the only caller of <see cref="Eject"/> and <see cref="Return"/>, under its lock.
/// </remarks>
internal sealed class NodeState : IDisposable
{
    /// <summary>Missed probes in a row that end trust.</summary>
    public const int MaxMisses = 3;

    /// <summary>Failed calls in a row that do.</summary>
    public const int MaxFailures = 5;

    /// <summary>How long a node that came to a mesh, or came back, takes to get its whole share.</summary>
    public static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);

    // One failure among the last ten or so.
    private const double FailureWeight = 0.1;

    // A tenth of a millisecond in the picker's cost.
    private const double Forgotten = 0.0001;

    // A node that failed for good reason a minute ago is behind its equals by some milliseconds still.
    private static readonly TimeSpan FailureHalfLife = TimeSpan.FromSeconds(10);

    // Served latency rises at once and falls by this share with each probe: a peak is over when it has not come back (Peak EWMA, Finagle).
    private const double ServedDecay = 0.3;

    // A program calls some methods of some services; one that makes paths up costs a URI a call.
    private const int MaxTargets = 1024;

    private const long Never = long.MinValue;

    private static readonly UriCreationOptions AsIs = new() { DangerousDisablePathAndQueryCanonicalization = true };

    // Routes change within minutes; queues within seconds.
    private static readonly TimeSpan PropagationWindow = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FloorWindow = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private readonly Func<Uri, HttpMessageHandler> _createHandler;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly string _base;
    private readonly ConcurrentDictionary<string, Uri> _targets = new(StringComparer.Ordinal);
    private readonly WindowedMinimum _propagation = new(PropagationWindow);
    private readonly WindowedMinimum _servedFloor = new(FloorWindow);
    private readonly CallLatency _latency = new();
    private readonly LoadShedding _shedding = new();
    private volatile HttpMessageInvoker _invoker;
    private volatile CancellationTokenSource _ejection = new();
    private volatile CancellationTokenSource _leaving = new();
    private volatile bool _isCold = true;
    private volatile bool _isEjected;
    private volatile bool _isDraining;
    private volatile string? _fault;
    private double _propagationSeconds = double.NaN;
    private double _servedSeconds = double.NaN;
    private double _servedFloorSeconds = double.NaN;
    private double _shed;
    private double _failureShare;
    private long _failureTimestamp;
    private int _toldInFlight;
    private int _capacity;
    private int _inFlight;
    private int _misses;
    private int _failures;
    private long _warmSince;
    private long _probed = Never;

    /// <param name="isWarm">It was there before this client: whole at once.</param>
    public NodeState(string name, Uri address, Func<Uri, HttpMessageHandler> createHandler, TimeProvider time, bool isWarm)
    {
        (Name, Address, _createHandler, _time) = (name, address, createHandler, time);
        NameHash = KeyHash.Of(name);
        _start = time.GetTimestamp();
        _warmSince = isWarm ? _start - (long)(WarmUp.TotalSeconds * time.TimestampFrequency) : _start;
        _invoker = new HttpMessageInvoker(createHandler(address));
        ProbeTarget = new Uri(address, "/edgemesh.v1.LatencyService/Probe");
        _base = address.GetLeftPart(UriPartial.Authority);
    }

    public string Name { get; }

    /// <summary>The name's <see cref="KeyHash.Of"/>.</summary>
    public ulong NameHash { get; }

    /// <summary>Calls of this client that run there.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    public Uri Address { get; }

    public Uri ProbeTarget { get; }

    /// <summary>Sends to the node; another one after it was given up.</summary>
    public HttpMessageInvoker Invoker => _invoker;

    /// <summary>Cancelled when the node is ejected: calls that may be sent again need not wait for one that leads nowhere.</summary>
    public CancellationToken Ejection => _ejection.Token;

    public bool IsEjected => _isEjected;

    public bool IsDraining
    {
        get => _isDraining;
        set
        {
            lock (_lock)
            {
                SetDrainingLocked(value);
            }
        }
    }

    /// <summary>Cancelled when streams at the node do well to move: it drains, was ejected, or left the mesh.</summary>
    public CancellationToken Leaving => _leaving.Token;

    /// <summary>Whether as many of this client's own calls run there as it can serve at once.</summary>
    public bool IsFull => Volatile.Read(ref _capacity) is > 0 and var capacity && Volatile.Read(ref _inFlight) >= capacity;

    /// <summary>Share of the calls that it would be given that go elsewhere, since its answers take too long, 0 to 1.</summary>
    public double Shed => Volatile.Read(ref _shed);

    /// <summary>Whether no connection has answered yet: then a probe's time is a handshake's.</summary>
    public bool IsCold => _isCold;

    public TimeSpan? RoundTrip => Volatile.Read(ref _propagationSeconds) is var seconds && double.IsNaN(seconds) ? null : TimeSpan.FromSeconds(seconds);

    /// <summary>The URI of a method at this node, the same object for the same method.</summary>
    /// <param name="uri">The caller's: its path and query count.</param>
    public Uri Target(Uri uri)
    {
        var path = uri.PathAndQuery;
        if (_targets.TryGetValue(path, out var known))
        {
            return known;
        }

        var made = new Uri(_base + path, AsIs);
        if (_targets.Count < MaxTargets)
        {
            _targets.TryAdd(path, made);
        }

        return made;
    }

    /// <summary>Whether its last probe began so long ago.</summary>
    public bool IsDue(TimeSpan interval) => Volatile.Read(ref _probed) is var probed && (probed == Never || _time.GetElapsedTime(probed) >= interval);

    /// <summary>A probe begins.</summary>
    public void NoteProbe() => Volatile.Write(ref _probed, _time.GetTimestamp());

    /// <summary>After how long a call that begins now may go to another node as well; null: never.</summary>
    /// <param name="now">The clock's timestamp.</param>
    public TimeSpan? HedgeDelay(long now) => _latency.HedgeDelay(_time.GetElapsedTime(_start, now));

    /// <summary>A call begins.</summary>
    /// <returns>The clock's timestamp.</returns>
    public long Begin()
    {
        Interlocked.Increment(ref _inFlight);
        return Now;
    }

    /// <summary>A call that may be hedged was answered, or given up.</summary>
    /// <param name="start">When it began.</param>
    public void NoteLatency(long start)
    {
        var now = Now;
        _latency.Add(_time.GetElapsedTime(_start, now), _time.GetElapsedTime(start, now));
    }

    /// <summary>A call is over, or no longer of interest.</summary>
    public void End() => Interlocked.Decrement(ref _inFlight);

    /// <summary>A call was answered: by a node that lives, however late its answers to probes.</summary>
    public void Succeed()
    {
        lock (_lock)
        {
            (_failures, _misses) = (0, 0);
            _fault = null;
            if (_failureShare > 0)
            {
                NoteOutcomeLocked(0);
            }
        }
    }

    /// <summary>A call failed, by whosever fault: it counts for the picker.</summary>
    public void Doubt(string fault)
    {
        lock (_lock)
        {
            _fault = fault;
            NoteOutcomeLocked(1);
        }
    }

    /// <summary>The node has a failure of the call, <see cref="Doubt"/>ed already, for its own.</summary>
    /// <returns>Whether that is so often in a row that it is not to be trusted.</returns>
    public bool Blame()
    {
        lock (_lock)
        {
            return ++_failures >= MaxFailures;
        }
    }

    /// <summary>A probe was answered.</summary>
    /// <param name="elapsed">From sending to the answer; null: its connection was made first.</param>
    /// <param name="answer">The node's.</param>
    public void Answer(TimeSpan? elapsed, ProbeResponse answer)
    {
        var now = _time.GetElapsedTime(_start);
        lock (_lock)
        {
            _isCold = false;
            _misses = 0;
            _fault = null;
            SetDrainingLocked(answer.Draining);
            _toldInFlight = (int)Math.Min(answer.InFlight, int.MaxValue);
            _capacity = (int)Math.Min(answer.Capacity, int.MaxValue);
            if (elapsed is { } time && RoundTripOf(time, answer) is var roundTrip && Latency.RoundTrip.IsPlausible(roundTrip))
            {
                _propagation.Add(now, roundTrip);
                Volatile.Write(ref _propagationSeconds, _propagation.Value!.Value.TotalSeconds);
            }

            if (answer.ServedMedian is { Seconds: >= 0 and < 3600, Nanos: >= 0 and < 1_000_000_000 } served)
            {
                var seconds = served.Seconds + (served.Nanos / 1e9);
                _servedFloor.Add(now, TimeSpan.FromSeconds(seconds));
                Volatile.Write(ref _servedFloorSeconds, _servedFloor.Value!.Value.TotalSeconds);
                Volatile.Write(ref _servedSeconds, _servedSeconds > seconds ? _servedSeconds + ((seconds - _servedSeconds) * ServedDecay) : seconds);
                _shedding.Note(now, seconds, _servedFloorSeconds);
            }
            else
            {
                Volatile.Write(ref _servedSeconds, double.NaN);
                _shedding.Note(now, double.NaN, double.NaN);
            }

            Volatile.Write(ref _shed, _shedding.Share);
        }
    }

    /// <summary>A probe was not answered in time, or not by that node.</summary>
    /// <returns>Whether so many were missed in a row that the node is not to be trusted.</returns>
    public bool Miss(string fault)
    {
        lock (_lock)
        {
            _fault = fault;
            NoteOutcomeLocked(1);
            return ++_misses >= MaxMisses;
        }
    }

    /// <summary>Gives it no more calls, and gives up its connections: one that leads nowhere stays so until TCP gives up, after many minutes.</summary>
    public void Eject()
    {
        _isEjected = true;
        _isCold = true;
        var former = _invoker;
        _invoker = new HttpMessageInvoker(_createHandler(Address));

        // Not here: whoever waits for it would go on under the pool's lock.
        _ = Continuations.CancelAsync(_ejection);
        _ = Continuations.CancelAsync(_leaving);

        // Streams that still run there go on: the handler closes what is idle.
        former.Dispose();
    }

    /// <summary>Gives it calls again, few at first.</summary>
    public void Return()
    {
        lock (_lock)
        {
            (_failures, _misses) = (0, 0);
            Volatile.Write(ref _warmSince, _time.GetTimestamp());
            _ejection = new CancellationTokenSource();
            _leaving = _isDraining ? _leaving : new CancellationTokenSource();
            _isEjected = false;
        }
    }

    /// <summary>The clock's timestamp now.</summary>
    public long Now => _time.GetTimestamp();

    /// <summary>Time since a timestamp.</summary>
    public TimeSpan Since(long timestamp) => _time.GetElapsedTime(timestamp);

    /// <summary>What the picker is told.</summary>
    /// <param name="now">The clock's timestamp.</param>
    public Candidate ToCandidate(long now) => new()
    {
        PropagationSeconds = Volatile.Read(ref _propagationSeconds),
        ServedSeconds = Volatile.Read(ref _servedSeconds),
        ServedFloorSeconds = Volatile.Read(ref _servedFloorSeconds),
        FailureShare = FailureShareAt(now),
        InFlight = Math.Max(Volatile.Read(ref _inFlight), Volatile.Read(ref _toldInFlight)),
        Capacity = Volatile.Read(ref _capacity),
        Warmth = Math.Min(1, _time.GetElapsedTime(Volatile.Read(ref _warmSince), now) / WarmUp),
        Shed = Shed,
        IsDraining = _isDraining,
        IsEjected = _isEjected,
    };

    /// <summary>A copy, for people.</summary>
    public NodeStatus ToStatus(bool isHome)
    {
        var served = Volatile.Read(ref _servedSeconds);
        return new NodeStatus(Name, Address, isHome, _isDraining, _isEjected, RoundTrip, double.IsNaN(served) ? null : TimeSpan.FromSeconds(served), FailureShareAt(Now), Volatile.Read(ref _inFlight), _fault);
    }

    /// <inheritdoc/>
    /// <remarks>Calls that run there go on.</remarks>
    public void Dispose()
    {
        _invoker.Dispose();
        _ = Continuations.CancelAsync(_leaving);
    }

    private void SetDrainingLocked(bool isDraining)
    {
        if (isDraining && !_isDraining)
        {
            _ = Continuations.CancelAsync(_leaving);
        }
        else if (!isDraining && _isDraining && !_isEjected)
        {
            _leaving = new CancellationTokenSource();
        }

        _isDraining = isDraining;
    }

    private void NoteOutcomeLocked(double outcome)
    {
        var now = Now;
        var share = FailureShareAt(now);
        Volatile.Write(ref _failureTimestamp, now);
        Volatile.Write(ref _failureShare, share == 0 && outcome == 0 ? 0 : share + ((outcome - share) * FailureWeight));
    }

    /// <summary>A failure is forgotten by time as well as by answers: a node that is given no calls has none.</summary>
    private double FailureShareAt(long now) => Volatile.Read(ref _failureShare) is var share && share < Forgotten ? 0
        : share * Math.Pow(0.5, _time.GetElapsedTime(Volatile.Read(ref _failureTimestamp), now) / FailureHalfLife);

    private static TimeSpan RoundTripOf(TimeSpan elapsed, ProbeResponse answer) =>
        Latency.RoundTrip.Of(elapsed, answer.Residence is { Seconds: >= 0 and < 3600, Nanos: >= 0 and < 1_000_000_000 } residence ? residence.ToTimeSpan() : TimeSpan.Zero);
}
