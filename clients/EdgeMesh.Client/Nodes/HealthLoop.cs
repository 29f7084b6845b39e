using EdgeMesh.Client.Mesh;
using EdgeMesh.Latency.Ranking;
using EdgeMesh.Latency.Search;
using EdgeMesh.Latency.Topology;

namespace EdgeMesh.Client.Nodes;

/// <summary>Keeps a client's measurements fresh: searches the mesh for the nearest, probes the pool, and closes windows.</summary>
/// <remarks>
/// One loop, a turn every home interval: the home, and whoever else takes calls, is probed at each, others when their time has come, ejected ones every second. Probes are not waited for: those to a node that
/// leads nowhere overlap, as many as its limit has intervals. A search runs beside it, one at a time, whenever the mesh has nodes that it did not have.
/// </remarks>
internal sealed class HealthLoop(NodePool pool, NodeProber prober, EdgeMeshClientOptions options, MeshWatcher watcher, MeshFile? file)
{
    /// <summary>Length of a window: the time in which every node of the pool is probed once.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    // A node that came back takes calls again after at most this.
    private static readonly TimeSpan EjectedInterval = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time = options.TimeProvider;
    private HashSet<string> _searched = new(StringComparer.Ordinal);
    private Task _search = Task.CompletedTask;
    private Task _keeping = Task.CompletedTask;
    private (MeshModel? Mesh, string? Home) _kept;
    private long _keptAt;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await watcher.Learned.WaitAsync(cancellationToken).ConfigureAwait(false);
        using var turns = new PeriodicTimer(options.HomeProbeInterval, _time);
        var windowStart = _time.GetTimestamp();
        do
        {
            if (_search.IsCompleted && watcher.Current is { } current && current.Nodes.Any(node => !_searched.Contains(node.Node.Name)))
            {
                _searched = [.. current.Nodes.Select(node => node.Node.Name)];
                _search = SearchAsync(current, cancellationToken);
            }

            ProbeDue(cancellationToken);
            pool.Revise();
            Keep();
            if (_time.GetElapsedTime(windowStart) >= Window)
            {
                windowStart = _time.GetTimestamp();
                pool.CloseWindow();
            }
        }
        while (await turns.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Writes down what is known, once the first search is over, and again in a later window if it changed. Not in the loop: a disk may be slow.</summary>
    private void Keep()
    {
        var current = pool.Current;
        if (file is null || !_keeping.IsCompleted || !pool.Settled.IsCompletedSuccessfully || watcher.Heard is not { } mesh || current.Home < 0)
        {
            return;
        }

        var home = current.Nodes[current.Home].Name;
        if (_kept != (mesh, home) && (_kept.Mesh is null || _time.GetElapsedTime(_keptAt) >= Window))
        {
            (_kept, _keptAt) = ((mesh, home), _time.GetTimestamp());
            _keeping = Task.Run(() => file.Write(mesh, home));
        }
    }

    private void ProbeDue(CancellationToken cancellationToken)
    {
        var current = pool.Current;
        var (nodes, home) = (current.Nodes, current.Home);
        for (var i = 0; i < nodes.Length; i++)
        {
            var interval = i == home || current.Table.ShareOf(i) > 0 ? TimeSpan.Zero : nodes[i].IsEjected ? Least(EjectedInterval, options.ProbeInterval) : options.ProbeInterval;
            if (nodes[i].IsDue(interval))
            {
                nodes[i].NoteProbe();
                _ = ProbeAsync(nodes[i], cancellationToken);
            }
        }
    }

    private async Task ProbeAsync(NodeState node, CancellationToken cancellationToken)
    {
        try
        {
            await prober.ProbeAsync(node, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The client is disposed of.
        }
    }

    private async Task SearchAsync(MeshModel found, CancellationToken cancellationToken)
    {
        try
        {
            var topology = new LatencyTopology(found.Nodes.Select(node => node.Node), LatencyMatrix.Empty);
            var search = new NearestNodeSearch(topology, new RankOrigin(Position: options.Position), RankRequirements.None, new SearchOptions(), options.Random);
            var answer = await search.RunAsync(new FollowedProber(prober, search, pool), cancellationToken).ConfigureAwait(false);
            pool.Follow(NamesOf(answer), isOver: true);
            if (answer.Node is null)
            {
                // Nobody answered: once more in a while, whether or not others have come. The loop reads this when the search is over.
                await Task.Delay(Window, _time, cancellationToken).ConfigureAwait(false);
                _searched = [];
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The client is disposed of.
        }
    }

    private static List<string> NamesOf(NearestAnswer answer) => answer.Node is { } nearest ? [nearest.Name, .. answer.Next.Select(next => next.Node.Name)] : [];

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;

    /// <summary>Has calls go to the best node known so far while the search goes on.</summary>
    private sealed class FollowedProber(NodeProber prober, NearestNodeSearch search, NodePool pool) : INodeProber
    {
        private NearestAnswer _followed = NearestAnswer.None;

        public async ValueTask<TimeSpan?> ProbeAsync(LatencyNode node, CancellationToken cancellationToken)
        {
            var best = search.Current;
            if (Interlocked.Exchange(ref _followed, best) != best)
            {
                pool.Follow(NamesOf(best), isOver: false);
            }

            return await prober.ProbeAsync(node, cancellationToken).ConfigureAwait(false);
        }
    }
}
