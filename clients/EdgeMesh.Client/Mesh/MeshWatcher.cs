using System.Globalization;
using EdgeMesh.Client.Calls;
using EdgeMesh.V1;

namespace EdgeMesh.Client.Mesh;

/// <summary>Learns the mesh from any node that tells, for as long as the client lives, and goes on with what it last heard.</summary>
/// <remarks>
/// One loop: nodes of the pool, the home first, then the bootstrap addresses; the first that tells is listened to until it ends; then the next. A round in which nobody
/// told is followed by a wait that doubles from a quarter of a second to 10 seconds, with jitter. A node of another mesh (another Region's name) is not believed, and neither is a
/// mesh without a node: what is known stays. What a file kept from an earlier life is adopted when nobody has told in the first round, or within <see cref="Grace"/>, and binds nobody: the bootstrap addresses are asked
/// first until one tells, and are believed whatever mesh theirs is. (1) The grace ends; (2) a node tells; (3) one lock decides which comes first, and the file's word never follows a node's.
/// Public members are thread-safe.
/// </remarks>
internal sealed class MeshWatcher(EdgeMeshClientOptions options, MeshFile? file, Func<Uri, HttpMessageHandler> createHandler, Func<IReadOnlyList<Uri>> pool, Action<MeshModel, string?> learned)
{
    /// <summary>How long calls wait for a node's word before they go by a file's.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(0.25);

    private static readonly TimeSpan MinWait = TimeSpan.FromSeconds(0.25);
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(10);

    /// <summary>Nodes that were reached elsewhere than where they say they listen, by name. For the loop alone.</summary>
    private readonly Dictionary<string, (Uri Told, Uri Reached)> _reached = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _learned = new(Continuations.Options);
    private readonly TaskCompletionSource _firstRound = new(Continuations.Options);
    private readonly Lock _lock = new();
    private volatile bool _isFromFile;
    private volatile MeshModel? _current;
    private volatile string? _fault = "nobody was asked yet";

    /// <summary>The mesh as last heard of; null: nobody has told yet.</summary>
    public MeshModel? Current => _current;

    /// <summary>The mesh as a node last told it; null: nobody has in this life.</summary>
    public MeshModel? Heard => _isFromFile ? null : _current;

    /// <summary>Completes once the mesh is known.</summary>
    public Task Learned => _learned.Task;

    /// <summary>Whom the last round asked in vain, and what each said, for people; null: a node tells.</summary>
    public string? Fault => _fault;

    /// <summary>The mesh, as soon as a node has told of it.</summary>
    /// <returns>Null: every address was asked, none told; the loop goes on asking.</returns>
    public async ValueTask<MeshModel?> WaitAsync(CancellationToken cancellationToken)
    {
        if (_current is null)
        {
            // Whichever comes first: a node's word, a file's after the grace, or that nobody knows.
            await _firstRound.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        return _current;
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var kept = file?.Read();
        using var grace = kept is null ? null : options.TimeProvider.CreateTimer(_ => Adopt(kept), null, Grace, Timeout.InfiniteTimeSpan);
        var wait = MinWait / 2;
        while (true)
        {
            var faults = new List<string>();
            var hasTold = false;
            foreach (var address in (_isFromFile ? options.Bootstrap.Concat(pool()) : pool().Concat(options.Bootstrap)).Distinct().ToList())
            {
                var (told, fault) = await ListenAsync(address, cancellationToken).ConfigureAwait(false);
                hasTold |= told;
                faults.Add($"{address.GetLeftPart(UriPartial.Authority)}: {fault}");
                if (told)
                {
                    // From the nearest again.
                    break;
                }
            }

            _fault = string.Join("; ", faults);
            if (kept is not null)
            {
                Adopt(kept);
            }

            _firstRound.TrySetResult();
            wait = hasTold ? MinWait / 2 : wait * 2 < MaxWait ? wait * 2 : MaxWait;
            await Task.Delay((hasTold ? MinWait : wait) * (0.5 + (options.Random.NextDouble() / 2)), options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Listens to one node until that ends.</summary>
    /// <returns>Whether it told of the mesh, and why it ended.</returns>
    private async Task<(bool HasTold, string Fault)> ListenAsync(Uri address, CancellationToken cancellationToken)
    {
        var hasTold = false;
        using var limit = new CancellationTokenSource(options.BootstrapTimeout, options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var invoker = new HttpMessageInvoker(createHandler(address));
        try
        {
            await foreach (var message in NodeRpc.StreamAsync(invoker, new Uri(address, "/edgemesh.v1.MeshService/WatchMesh"), new WatchMeshRequest(), WatchMeshResponse.Parser, either.Token).ConfigureAwait(false))
            {
                if (_current is { } known && known.Region != message.Region && !(_isFromFile && options.Bootstrap.Contains(address)))
                {
                    return (hasTold, $"it belongs to the mesh of Region \"{message.Region}\", not to that of \"{known.Region}\"");
                }

                if (MeshReader.Read(message) is not { } mesh)
                {
                    return (hasTold, "it tells of a mesh without nodes");
                }

                var teller = hasTold ? null : await IdentifyAsync(invoker, address, mesh, either.Token).ConfigureAwait(false);
                limit.CancelAfter(Timeout.InfiniteTimeSpan);
                hasTold = true;
                Learn(mesh, teller, address);
            }

            return (hasTold, "the node ended the watch");
        }
        catch (NodeRpcException refused)
        {
            return (hasTold, string.Create(CultureInfo.InvariantCulture, $"{refused.Message} ({refused.Code})"));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (hasTold, $"no answer within {options.BootstrapTimeout.TotalSeconds} s");
        }
    }

    /// <summary>Which node of the mesh listens at an address: it is called there, whatever address it has for others, since it is reached there.</summary>
    /// <returns>Its name; null: it does not say, or is not in the mesh.</returns>
    private static async Task<string?> IdentifyAsync(HttpMessageInvoker invoker, Uri address, MeshModel mesh, CancellationToken cancellationToken)
    {
        if (mesh.Nodes.FirstOrDefault(node => node.Address == address) is { } known)
        {
            return known.Node.Name;
        }

        var answer = await NodeRpc.CallAsync(invoker, new Uri(address, "/edgemesh.v1.LatencyService/Probe"), new ProbeRequest(), ProbeResponse.Parser, cancellationToken).ConfigureAwait(false);
        return mesh.FindNode(answer.Node)?.Node.Name;
    }

    private void Learn(MeshModel mesh, string? teller, Uri address)
    {
        if (teller is not null && mesh.FindNode(teller)!.Address is var said && said != address)
        {
            _reached[teller] = (said, address);
        }

        var reached = _reached.Count == 0 ? mesh : mesh.With(node => _reached.TryGetValue(node.Node.Name, out var known) && known.Told == node.Address ? known.Reached : node.Address);
        lock (_lock)
        {
            _isFromFile = false;
            PublishLocked(reached, teller);
        }

        _fault = null;
    }

    private void Adopt(MeshModel kept)
    {
        lock (_lock)
        {
            if (_current is null)
            {
                _isFromFile = true;
                PublishLocked(kept, kept.Nodes[0].Node.Name);
            }
        }
    }

    private void PublishLocked(MeshModel mesh, string? home)
    {
        // Whoever waits for the mesh must find its nodes in the pool.
        learned(mesh, home);
        _current = mesh;
        _learned.TrySetResult();
        _firstRound.TrySetResult();
    }
}
