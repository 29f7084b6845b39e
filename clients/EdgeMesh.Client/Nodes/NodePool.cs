using EdgeMesh.Client.Mesh;
using EdgeMesh.Client.Picking;

namespace EdgeMesh.Client.Nodes;

/// <summary>Which nodes a client keeps connections to, which of them are trusted, and which is its home.</summary>
/// <remarks>
/// Thread-safe: one lock owns membership, ejection and the home; calls read the published model without it. A call may hold a model whose node was let go:
/// (1) the call reads the model; (2) the node leaves the pool and is disposed of; (3) the call is sent there and fails before it is sent; (4) it goes to another.
/// A miss may meet an answer: (1) a third probe is missed; (2) an earlier one is answered late and clears the misses; (3) the node is ejected all the same. The next probe returns it.
/// </remarks>
internal sealed class NodePool(Func<Uri, HttpMessageHandler> createHandler, TimeProvider time, Random random) : IDisposable
{
    /// <summary>Nodes near enough to be worth a connection: of thousands, the nearest few are all that a client ever needs.</summary>
    public const int MaxMembers = 16;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, NodeState> _nodes = new(StringComparer.Ordinal);
    private readonly HomeWindows _windows = new();
    private MeshModel? _mesh;
    private long _ejections;
    private long _homeMoves;
    private bool _isDisposed;
    private readonly TaskCompletionSource _settled = new(Continuations.Options);
    private volatile PoolModel _current = PoolModel.Empty;

    /// <summary>As it is now.</summary>
    public PoolModel Current => _current;

    /// <summary>Nodes that were ejected so far.</summary>
    public long Ejections => Volatile.Read(ref _ejections);

    /// <summary>Times that the home became another node.</summary>
    public long HomeMoves => Volatile.Read(ref _homeMoves);

    /// <summary>Completes when a search has found the first home; cancelled when the pool is disposed of before.</summary>
    public Task Settled => _settled.Task;

    private bool IsSettled => _settled.Task.IsCompletedSuccessfully;

    private string? HomeLocked => _current.Home >= 0 ? _current.Nodes[_current.Home].Name : null;

    /// <summary>Follows a mesh: nodes that left it leave the pool, and others come as long as there is room.</summary>
    /// <param name="mesh">The newest.</param>
    /// <param name="known">The node that told of it; null: not known. The first home, until measurements say more.</param>
    public void Follow(MeshModel mesh, string? known)
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            _mesh = mesh;
            var home = HomeLocked ?? known;
            var names = _current.Nodes.Select(node => node.Name).Concat(mesh.Nodes.Select(node => node.Node.Name));
            SetMembersLocked([.. home is null ? names : names.Prepend(home)], home);
            LetGoLocked(name => mesh.FindNode(name) is null);
        }
    }

    /// <summary>Takes in those whom a search found near. Until the first search is over, the nearest is the home; later ones leave that to the windows.</summary>
    /// <param name="nearest">Names, the nearest first.</param>
    /// <param name="isOver">The search is over: who is not of the pool is let go, and the first home is drawn from those that are equally near.</param>
    public void Follow(IReadOnlyList<string> nearest, bool isOver)
    {
        lock (_lock)
        {
            if (_isDisposed || nearest.Count == 0)
            {
                return;
            }

            var home = (IsSettled ? HomeLocked : null) ?? nearest[0];
            SetMembersLocked([home, .. nearest, .. _current.Nodes.Select(node => node.Name)], home);
            if (isOver)
            {
                if (!IsSettled)
                {
                    PublishLocked(_current.Nodes, NextHomeLocked(home: -1));
                    _settled.TrySetResult();
                }

                LetGoLocked(name => !_current.Nodes.Any(node => node.Name == name));
            }
        }
    }

    /// <summary>The node of a name, to be probed, whether it belongs to the pool or not; null: the mesh does not have it.</summary>
    public NodeState? Find(string name)
    {
        lock (_lock)
        {
            return _isDisposed ? null : FindLocked(name);
        }
    }

    /// <summary>Gives a node no more calls, unless it is the last that has any.</summary>
    public void Eject(NodeState node)
    {
        lock (_lock)
        {
            if (node.IsEjected || _isDisposed || !_current.Nodes.Any(other => other != node && !other.IsEjected))
            {
                return;
            }

            node.Eject();
            _ejections++;
            ReviseLocked();
        }
    }

    /// <summary>A node answered a probe: it is given calls again, if it was ejected, and none if it drains.</summary>
    public void Return(NodeState node)
    {
        lock (_lock)
        {
            if (!_isDisposed)
            {
                if (node.IsEjected)
                {
                    node.Return();
                }

                ReviseLocked();
            }
        }
    }

    /// <summary>Takes what is known of the nodes by now, and moves the home if it takes no calls.</summary>
    public void Revise()
    {
        lock (_lock)
        {
            ReviseLocked();
        }
    }

    /// <summary>Ends a window: moves the home if another was better for long enough.</summary>
    public void CloseWindow()
    {
        lock (_lock)
        {
            CloseWindowLocked();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _settled.TrySetCanceled();
            _current = PoolModel.Empty;
            LetGoLocked(_ => true);
        }
    }

    private void SetMembersLocked(IReadOnlyCollection<string> names, string? home)
    {
        NodeState[] nodes = [.. names.Distinct(StringComparer.Ordinal).Select(FindLocked).OfType<NodeState>().Take(MaxMembers)];
        foreach (var node in nodes)
        {
            // Told sooner or later than the node's own word: whoever says it first is believed, until the node says otherwise.
            node.IsDraining |= _mesh!.FindNode(node.Name)!.Node.Draining;
        }

        PublishLocked(nodes, Array.FindIndex(nodes, node => node.Name == home));
        ReviseLocked();
    }

    private NodeState? FindLocked(string name)
    {
        if (_mesh?.FindNode(name) is not { } told)
        {
            return null;
        }

        if (_nodes.TryGetValue(name, out var node) && node.Address != told.Address)
        {
            LetGoLocked(other => other == name);
            node = null;
        }

        if (node is null)
        {
            _nodes.Add(name, node = new NodeState(name, told.Address, createHandler, time, isWarm: !IsSettled));
        }

        return node;
    }

    private void LetGoLocked(Func<string, bool> isGone)
    {
        foreach (var name in _nodes.Keys.Where(isGone).ToList())
        {
            _nodes.Remove(name, out var node);
            node!.Dispose();
        }
    }

    private void ReviseLocked()
    {
        var (nodes, home) = (_current.Nodes, _current.Home);
        if (nodes.Length > 0)
        {
            PublishLocked(nodes, home < 0 || nodes[home] is { IsEjected: true } or { IsDraining: true } ? NextHomeLocked(home) : home);
        }
    }

    private void CloseWindowLocked()
    {
        if (_current.Nodes.Length > 0)
        {
            PublishLocked(_current.Nodes, NextHomeLocked(_current.Home));
        }
    }

    private void PublishLocked(NodeState[] nodes, int home)
    {
        var former = HomeLocked;
        _current = new PoolModel(nodes, home);
        _homeMoves += former is not null && HomeLocked is { } now && now != former ? 1 : 0;
    }

    private int NextHomeLocked(int home)
    {
        Span<Candidate> room = stackalloc Candidate[MaxMembers];
        return _windows.Close(_current.Read(room), home, random);
    }
}
