using EdgeMesh.Latency.Coordinates;
using EdgeMesh.Latency.Pairs;
using EdgeMesh.Latency.Probing;
using EdgeMesh.V1;
using Microsoft.Extensions.Hosting;

namespace EdgeMesh.Probing.Peers;

/// <summary>Probes a node's peers, each at a fixed rate whatever earlier probes do, for as long as the node runs.</summary>
/// <remarks>
/// One loop owns schedule and links: (1) take the newest mesh; (2) give up probes whose time is over, and connections that answer nothing;
/// (3) send what is due; (4) sleep until the next of these. Answers come on the links' own reading loops and go to the <see cref="PeerTable"/>.
/// Public members are thread-safe.
/// </remarks>
public sealed class Prober : BackgroundService
{
    // A peer that answers nothing may be at the end of a connection that leads nowhere: another is tried then.
    private const int DropAfter = PairState.UnreachableAfter;

    private readonly ProbingOptions _options;
    private readonly TimeProvider _time;
    private readonly PeerTable _table;
    private readonly ProbeSchedule _schedule;
    private readonly Dictionary<string, PeerLink> _links = new(StringComparer.Ordinal);
    private readonly long _start;
    private volatile IReadOnlyList<MeshNode>? _news;
    private volatile TaskCompletionSource _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TimeSpan _nextRefresh;
    private long _sent;
    private long _lost;
    private long _implausible;

    /// <summary>Sends nothing yet: the host starts it.</summary>
    /// <param name="options">How it probes.</param>
    /// <param name="random">Phases and jitter; this prober's alone.</param>
    /// <param name="time">The clock of round trips and of the schedule.</param>
    public Prober(ProbingOptions options, Random random, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _start = time.GetTimestamp();
        _schedule = new ProbeSchedule(options.Interval, random);
        _table = new PeerTable(options, new Random(random.Next()));
    }

    /// <summary>Probes sent, and those that could not be.</summary>
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>Probes whose time passed without an answer.</summary>
    public long Lost => Volatile.Read(ref _lost);

    /// <summary>Answers that cannot be true, or that another node gave; lost, too.</summary>
    public long Implausible => Volatile.Read(ref _implausible);

    /// <inheritdoc cref="PeerTable.Coordinate"/>
    public Coordinate? Coordinate => _table.Coordinate;

    private TimeSpan Now => _time.GetElapsedTime(_start);

    /// <summary>Says who is in the mesh; this node may be among them.</summary>
    public void SetMesh(IReadOnlyList<MeshNode> nodes)
    {
        _news = nodes;
        Wake();
    }

    /// <summary>Those nearest to this node, the nearest first.</summary>
    public IReadOnlyList<MeshNeighbour> Neighbours(int most) => [.. _table.Neighbours.Take(most)];

    /// <summary>Where this node and its peers are in latency space, by name, as far as is known.</summary>
    public IReadOnlyDictionary<string, Coordinate> ReadCoordinates() => _table.ReadCoordinates();

    /// <inheritdoc cref="PeerTable.ReadPairs"/>
    public IReadOnlyList<(MeshNode Node, PairEstimate Estimate)> ReadPairs() => _table.ReadPairs(Now);

    /// <inheritdoc cref="PeerTable.Observe"/>
    public LatencyObservations Observe(bool whole) => _table.Observe(Now, whole);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                // Taken first: what comes during the turn wakes the next.
                var woken = _woken.Task;
                Turn();
                var wait = NextTurn() - Now;
                if (wait > TimeSpan.Zero)
                {
                    // Timers run by whole milliseconds, and cut off the rest: without this one would fire before its time.
                    await Task.WhenAny(Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), _time, stoppingToken), woken).ConfigureAwait(false);
                }

                stoppingToken.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The node stops.
        }
        finally
        {
            foreach (var link in _links.Values)
            {
                link.Dispose();
            }
        }
    }

    private void Turn()
    {
        // 1
        var news = _news;
        var now = Now;
        if (news is not null || now >= _nextRefresh)
        {
            Interlocked.CompareExchange(ref _news, null, news);
            Choose(now, news);
        }

        if (now >= _nextRefresh)
        {
            _table.Refresh(now);
            _nextRefresh = now + _options.Interval;
        }

        // 2
        foreach (var (peer, lostInARow) in _table.Expire(now))
        {
            Interlocked.Increment(ref _lost);
            if (lostInARow >= DropAfter && _links.TryGetValue(peer, out var link))
            {
                link.Drop();
            }
        }

        // 3
        foreach (var (peer, due) in _schedule.TakeDue(now))
        {
            if (_links.TryGetValue(peer, out var link))
            {
                Send(peer, link, due);
            }
        }
    }

    private TimeSpan NextTurn()
    {
        var next = _nextRefresh;
        next = _schedule.NextDue is { } due && due < next ? due : next;
        return _table.NextDeadline is { } deadline && deadline < next ? deadline : next;
    }

    private void Choose(TimeSpan now, IReadOnlyList<MeshNode>? news)
    {
        var peers = _table.Choose(now, news);
        foreach (var (name, link) in _links.ToList())
        {
            if (!peers.Any(peer => peer.Name == name && peer.Address == link.Address))
            {
                link.Dispose();
                _links.Remove(name);
            }
        }

        foreach (var peer in peers.Where(peer => !_links.ContainsKey(peer.Name)))
        {
            _links.Add(peer.Name, Link(peer));
        }

        _schedule.SetPeers(now, _links.Keys);
    }

    private PeerLink Link(MeshNode peer)
    {
        PeerLink? link = null;
        link = new PeerLink(peer.Address, _options.CreateHandler, answer => Take(peer.Name, link!, answer));
        return link;
    }

    private void Send(string peer, PeerLink link, TimeSpan due)
    {
        if (_table.Send(peer, due, Now, link.IsWarm) is { } probe)
        {
            Interlocked.Increment(ref _sent);
            link.Send(probe);
        }
    }

    private bool Take(string peer, PeerLink link, ProbeResponse answer)
    {
        var now = Now;
        switch (_table.Answer(peer, answer, now))
        {
            case AnswerOutcome.Unasked:
                return false;

            case AnswerOutcome.Implausible:
                Interlocked.Increment(ref _implausible);
                Interlocked.Increment(ref _lost);
                return true;

            case AnswerOutcome.Warmed:
                // Now it can be measured: an interval earlier than it would be.
                Send(peer, link, now);
                return true;

            default:
                return true;
        }
    }

    private void Wake() => Interlocked.Exchange(ref _woken, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}
