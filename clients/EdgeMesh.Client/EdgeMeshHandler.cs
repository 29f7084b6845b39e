using System.Net;
using EdgeMesh.Client.Calls;
using EdgeMesh.Client.Mesh;
using EdgeMesh.Client.Nodes;
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
    private readonly MeshWatcher _watcher;
    private readonly NodePool _pool;
    private readonly CallSender _sender;
    private int _disposals;

    /// <summary>Starts to learn the mesh.</summary>
    /// <param name="options">How.</param>
    /// <exception cref="ArgumentException">Options are wrong; one line a fault.</exception>
    public EdgeMeshHandler(EdgeMeshClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var createHandler = options.CreateHandler ?? CreateHandler;
        _pool = new NodePool(createHandler, options.TimeProvider, options.Random);
        _watcher = new MeshWatcher(options, createHandler, () => AddressesOf(_pool.Current), _pool.Follow);
        _sender = new CallSender(_pool, options);
        var health = new HealthLoop(_pool, new NodeProber(_pool, options, _watcher), options, _watcher);
        Watching = Task.Run(() => RunAsync(_watcher.RunAsync));
        Probing = Task.Run(() => RunAsync(health.RunAsync));
    }

    /// <summary>What is known of each node that may be called; empty before the mesh is known.</summary>
    public IReadOnlyList<NodeStatus> ReadNodes()
    {
        var (nodes, home) = _pool.Current;
        return [.. nodes.Select((node, i) => node.ToStatus(i == home))];
    }

    /// <summary>Whether the first search for the nearest is over.</summary>
    internal bool HasSearched => _pool.IsSettled;

    /// <summary>Background work, which ends without a fault when the handler is disposed of.</summary>
    internal Task Watching { get; }

    /// <inheritdoc cref="Watching"/>
    internal Task Probing { get; }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposals > 0, this);
        var mesh = await _watcher.WaitAsync(cancellationToken).ConfigureAwait(false);
        return mesh is null
            ? StatusAnswer.Create(request, GrpcStatusCode.Unavailable, $"no node told who is in the mesh: {_watcher.Tried}")
            : await _sender.SendAsync(request, mesh.FindMethod(request.RequestUri!.AbsolutePath), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _disposals, 1) == 0)
        {
            _end.Cancel();
            _pool.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>A handler whose surprising defaults are off: no cookie of one user with another's call, no redirect that sends a call elsewhere, no proxy that sees it.</summary>
    private static SocketsHttpHandler CreateHandler(Uri node) => new()
    {
        UseCookies = false,
        UseProxy = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        EnableMultipleHttp2Connections = true,
        ConnectTimeout = TimeSpan.FromSeconds(5),

        // Streams that rest, such as the watch, have no probes of their own.
        KeepAlivePingDelay = TimeSpan.FromSeconds(10),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
    };

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
