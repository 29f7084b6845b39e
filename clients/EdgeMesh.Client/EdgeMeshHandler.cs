using System.Net;
using EdgeMesh.Client.Calls;
using EdgeMesh.Client.Mesh;
using EdgeMesh.Client.Nodes;
using EdgeMesh.Client.Picking;
using EdgeMesh.Client.Telemetry;
using EdgeMesh.Wire;

namespace EdgeMesh.Client;

/// <summary>
/// Carries gRPC calls to the nearest well node of a mesh, and to the next one when that fails. Give it to any gRPC client:
/// <c>GrpcChannel.ForAddress("http://mesh", new GrpcChannelOptions { HttpHandler = new EdgeMeshHandler(options) })</c>. The host in a request's URI is not looked at.
/// </summary>
/// <remarks>
/// <para>
/// Make one per mesh and keep it: it learns the mesh from any of the bootstrap addresses and goes on with what it last knew; it searches for the nearest node in the background, while calls
/// go to the best one known so far; and it probes nodes over the connections that carry their calls. The first call waits until one address has told of the mesh, or all have been
/// asked: then it is UNAVAILABLE, with what each said.
/// </para>
/// <para>
/// No DelegatingHandler: gRPC clients look through those for a <see cref="SocketsHttpHandler"/> to change. One inner handler per node. Thread-safe. Disposing of it ends its background work;
/// streams that run are the connections' to end.
/// </para>
/// </remarks>
public sealed class EdgeMeshHandler : HttpMessageHandler
{
    private readonly CancellationTokenSource _end = new();
    private readonly MeshFile? _file;
    private readonly MeshWatcher _watcher;
    private readonly NodePool _pool;
    private readonly ClientMeters _meters;
    private readonly CallSender _sender;
    private readonly StickyOptions? _sticky;
    private int _disposals;

    /// <summary>Starts to learn the mesh.</summary>
    /// <param name="options">How.</param>
    /// <exception cref="ArgumentException">Options are wrong; one line a fault.</exception>
    public EdgeMeshHandler(EdgeMeshClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _pool = new NodePool(options.CreateHandler, options.TimeProvider, options.Random);
        _file = options.CacheFile is { } path ? new MeshFile(path) : null;
        _watcher = new MeshWatcher(options, _file, options.CreateHandler, () => AddressesOf(_pool.Current), _pool.Follow);
        _meters = new ClientMeters(options.MeterFactory, _pool);
        _sticky = options.Sticky;
        _sender = new CallSender(_pool, options, _meters);
        var health = new HealthLoop(_pool, new NodeProber(_pool, options, _watcher), options, _watcher, _file);
        Watching = Continuations.Start(() => RunAsync(_watcher.RunAsync));
        Probing = Continuations.Start(() => RunAsync(health.RunAsync));
    }

    /// <summary>What is known of each node that may be called; empty before the mesh is known.</summary>
    public IReadOnlyList<NodeStatus> ReadNodes()
    {
        var pool = _pool.Current;
        return [.. pool.Nodes.Select((node, i) => node.ToStatus(i == pool.Home))];
    }

    /// <summary>Why <see cref="EdgeMeshClientOptions.CacheFile"/> could not be read or written the last time, for people; null: it could, or there is none.</summary>
    public string? CacheFileFault => _file?.Fault;

    /// <summary>Where the next call of a method would go, and why: every node, its numbers, and what a pick makes of it.</summary>
    /// <param name="method">The method's path, with or without the leading slash: <c>shop.v1.Catalog/Get</c>.</param>
    /// <param name="key">The call's key, with <see cref="EdgeMeshClientOptions.Sticky"/>; null or empty: it has none.</param>
    /// <exception cref="InvalidOperationException">A key, without <see cref="EdgeMeshClientOptions.Sticky"/>.</exception>
    public PickExplanation Explain(string method, string? key = null)
    {
        ArgumentNullException.ThrowIfNull(method);
        var path = method.StartsWith('/') ? method : "/" + method;
        var mesh = _watcher.Current;
        var facts = mesh?.FindMethod(path);
        var pool = _pool.Current;
        var taker = string.IsNullOrEmpty(key) ? -1
            : StickyPick.Pick(pool, tried: 0, KeyHash.Of(key), _sticky ?? throw new InvalidOperationException($"A key means nothing without {nameof(EdgeMeshClientOptions)}.{nameof(EdgeMeshClientOptions.Sticky)}."));
        var nodes = PoolExplainer.Explain(pool, taker);
        return new PickExplanation(
            path, mesh?.Region, facts is not null, facts?.IsUnary ?? false, facts?.IsSafe ?? false, nodes, mesh?.Nodes.Count(told => !nodes.Any(node => node.Status.Name == told.Node.Name)) ?? 0, _watcher.Fault);
    }

    /// <summary>
    /// Tells when a long stream does well to move: when its node drains, is ejected, or leaves the mesh. The stream goes on meanwhile, as long as the node does; to move is the caller's to do, who knows
    /// where it stands: begin another, which goes elsewhere, and end this one.
    /// </summary>
    /// <param name="node">The node's name: <c>x-edgemesh-node</c> in the stream's response headers.</param>
    /// <returns>Cancelled when that is so; cancelled already if the client knows no such node.</returns>
    public CancellationToken GetLeavingToken(string node) => _pool.Current.Nodes.FirstOrDefault(known => known.Name == node)?.Leaving ?? new CancellationToken(canceled: true);

    /// <summary>Waits until the first search for the nearest is over: until then calls go to the best node known so far.</summary>
    /// <param name="cancellationToken">Ends the wait; without an address that tells of the mesh, it has no other end.</param>
    /// <exception cref="OperationCanceledException">The wait was cancelled, or the handler disposed of.</exception>
    public Task WaitForNearestAsync(CancellationToken cancellationToken) => _pool.Settled.WaitAsync(cancellationToken);

    /// <summary>Background work, which ends without a fault when the handler is disposed of.</summary>
    internal Task Watching { get; }

    /// <inheritdoc cref="Watching"/>
    internal Task Probing { get; }

    /// <inheritdoc/>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposals > 0, this);
        return _watcher.Current is { } mesh ? SendAsync(request, mesh, cancellationToken) : SendFirstAsync(request, cancellationToken);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _disposals, 1) == 0)
        {
            _end.Cancel();
            _pool.Dispose();
            _meters.Dispose();
        }

        base.Dispose(disposing);
    }

    private Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, MeshModel mesh, CancellationToken cancellationToken) =>
        _sender.SendAsync(request, mesh.FindMethod(request.RequestUri!.AbsolutePath) ?? default, cancellationToken);

    private async Task<HttpResponseMessage> SendFirstAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (await _watcher.WaitAsync(cancellationToken).ConfigureAwait(false) is { } mesh)
        {
            return await SendAsync(request, mesh, cancellationToken).ConfigureAwait(false);
        }

        _meters.CountUnanswered();
        return StatusAnswer.Create(request, GrpcStatusCode.Unavailable, $"no node told who is in the mesh: {_watcher.Fault}");
    }

    /// <summary>A handler whose surprising defaults are off: no cookie of one user with another's call, no redirect that sends a call elsewhere, no proxy that sees it.</summary>
    private static List<Uri> AddressesOf(PoolModel pool) =>
        [.. pool.Nodes.Select((node, i) => (node, i)).Where(one => !one.node.IsEjected).OrderBy(one => one.i == pool.Home ? 0 : 1).Select(one => one.node.Address)];

    private async Task RunAsync(Func<CancellationToken, Task> work)
    {
        try
        {
            await work(_end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // Disposed of.
        }
    }
}
