namespace EdgeMesh.Latency.Probing;

/// <summary>When to probe whom: each peer at a fixed rate, whatever earlier probes do.</summary>
/// <remarks>
/// Open loop: due times are a grid with a random phase a peer, so that a slow answer delays no other probe and tails are not
/// underestimated (coordinated omission); each due time is moved by a random share of the interval, so that nodes do not fall into step (Floyd and Jacobson, "The Synchronization of
/// Periodic Routing Messages", ToN 1994). A due time that was missed, because the process slept or the clock jumped ahead, is skipped and counted, never
/// caught up in a burst; a clock that jumps back by more than an interval starts the grid anew. Not thread-safe: the prober's loop owns it.
/// </remarks>
public sealed class ProbeSchedule
{
    /// <summary>A due time moves by at most this share of the interval, either way.</summary>
    public const double JitterShare = 0.25;

    private readonly TimeSpan _interval;
    private readonly Random _random;
    private readonly Dictionary<string, Entry> _peers = [];
    private readonly PriorityQueue<Entry, (TimeSpan Due, long Order)> _queue = new();
    private TimeSpan _now;
    private long _order;

    /// <summary>Makes a schedule without peers.</summary>
    /// <param name="interval">Between two probes of one peer; above zero.</param>
    /// <param name="random">Phases and jitter.</param>
    public ProbeSchedule(TimeSpan interval, Random random)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(interval, TimeSpan.Zero);
        _interval = interval;
        _random = random;
    }

    /// <summary>Due times that passed without a probe.</summary>
    public long Skipped { get; private set; }

    /// <summary>When the next probe is due, on the clock given to <see cref="TakeDue"/>; null without peers.</summary>
    public TimeSpan? NextDue
    {
        get
        {
            DropLeft();
            return _queue.TryPeek(out _, out var priority) ? priority.Due : null;
        }
    }

    /// <summary>Makes these the peers: those who stay keep their phase, new ones get one.</summary>
    /// <param name="now">The owner's clock.</param>
    /// <param name="peers">Names.</param>
    public void SetPeers(TimeSpan now, IEnumerable<string> peers)
    {
        _now = now;
        var wanted = peers.ToHashSet();
        foreach (var (name, entry) in _peers.Where(p => !wanted.Contains(p.Key)).ToList())
        {
            entry.Left = true;
            _peers.Remove(name);
        }

        foreach (var name in wanted.Where(name => !_peers.ContainsKey(name)))
        {
            var entry = new Entry(name);
            _peers.Add(name, entry);
            Start(entry);
        }
    }

    /// <summary>Takes the peers whose time has come, each with the time that it was due: latency counts from there.</summary>
    /// <param name="now">The owner's clock.</param>
    public IReadOnlyList<(string Peer, TimeSpan Due)> TakeDue(TimeSpan now)
    {
        if (now < _now - _interval)
        {
            Restart(now);
        }

        _now = now;
        var due = new List<(string, TimeSpan)>();
        while (NextDue is { } next && next <= now)
        {
            var entry = _queue.Dequeue();

            // Late by less than an interval: still this probe. Later: the grid goes on without it.
            var missed = (now - next) / _interval;
            if (missed < 1)
            {
                due.Add((entry.Peer, next));
            }

            var steps = Math.Floor(missed);
            Skipped += (long)Math.Min(steps, long.MaxValue / 2);
            entry.Slot += _interval * (steps + 1);
            Enqueue(entry);
        }

        return due;
    }

    private void Restart(TimeSpan now)
    {
        _now = now;
        _queue.Clear();
        foreach (var entry in _peers.Values)
        {
            Start(entry);
        }
    }

    private void Start(Entry entry)
    {
        entry.Slot = _now + (_interval * _random.NextDouble());
        Enqueue(entry);
    }

    private void Enqueue(Entry entry)
    {
        var jitter = _interval * (JitterShare * ((2 * _random.NextDouble()) - 1));
        var due = entry.Slot + jitter;
        _queue.Enqueue(entry, (due > _now ? due : _now, _order++));
    }

    private void DropLeft()
    {
        while (_queue.TryPeek(out var entry, out _) && entry.Left)
        {
            _queue.Dequeue();
        }
    }

    private sealed class Entry(string peer)
    {
        public string Peer { get; } = peer;

        public TimeSpan Slot { get; set; }

        public bool Left { get; set; }
    }
}
