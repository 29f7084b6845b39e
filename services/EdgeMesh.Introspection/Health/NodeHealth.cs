using System.Threading.Channels;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace EdgeMesh.Introspection;

/// <summary>Whether this node, and each service of its own, takes calls. The one owner of that state: <see cref="HealthGrpcService"/> reads it, the node's parts set it.</summary>
/// <remarks>Thread-safe. The node itself, which health checks call <c>""</c>, serves from the start: one that answers at all, serves.</remarks>
public sealed class NodeHealth
{
    // Each watch holds a stream open. A thousand is far past the balancers and orchestrators of one node.
    private const int DefaultMaxWatchers = 1000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, ServingStatus> _statuses = new(StringComparer.Ordinal) { [""] = ServingStatus.Serving };
    private readonly HashSet<HealthWatch> _watches = [];
    private readonly CancellationTokenSource _stopped = new();
    private readonly int _maxWatchers;

    /// <summary>Makes the health of a node that serves and has no services of its own yet.</summary>
    /// <param name="maxWatchers">How many Watch calls may be open at once.</param>
    public NodeHealth(int maxWatchers = DefaultMaxWatchers) => _maxWatchers = maxWatchers;

    /// <summary>Raised after every change, on the thread that made it.</summary>
    public event Action? Changed;

    /// <summary>Whether the node finishes running calls and takes no new ones.</summary>
    public bool IsDraining { get; private set; }

    /// <summary>How many watches are open.</summary>
    public int WatcherCount
    {
        get
        {
            lock (_lock)
            {
                return _watches.Count;
            }
        }
    }

    internal int MaxWatchers => _maxWatchers;

    /// <summary>Cancelled once the node stops: every watch ends.</summary>
    internal CancellationToken Stopped => _stopped.Token;

    /// <summary>Sets the status of the node (<c>""</c>) or of a service by full name. While draining, it is remembered and not shown.</summary>
    public void Set(string service, ServingStatus status)
    {
        lock (_lock)
        {
            _statuses[service] = status;
            PublishLocked();
        }

        Changed?.Invoke();
    }

    /// <summary>The status of the node (<c>""</c>) or of one of its own services; null for a name that is not this node's.</summary>
    public ServingStatus? Get(string service)
    {
        lock (_lock)
        {
            return GetLocked(service);
        }
    }

    /// <summary>Shows the node and all its services as NOT_SERVING, so that balancers go elsewhere while running calls finish. It cannot be undone.</summary>
    public void Drain()
    {
        lock (_lock)
        {
            IsDraining = true;
            PublishLocked();
        }

        Changed?.Invoke();
    }

    /// <summary>Drains and ends all watches, so that they do not hold up the end of the process.</summary>
    public void Stop()
    {
        Drain();
        lock (_lock)
        {
            foreach (var watch in _watches)
            {
                watch.Complete();
            }
        }

        _stopped.Cancel();
    }

    /// <summary>Follows a name, this node's or not: its status now, then each change.</summary>
    /// <returns>Null when too many watches are open.</returns>
    internal HealthWatch? TryWatch(string service)
    {
        lock (_lock)
        {
            if (_watches.Count >= _maxWatchers)
            {
                return null;
            }

            var watch = new HealthWatch(service, Forget);
            watch.Publish(GetLocked(service) ?? ServingStatus.ServiceUnknown);
            if (_stopped.IsCancellationRequested)
            {
                watch.Complete();
            }

            _watches.Add(watch);
            return watch;
        }
    }

    private ServingStatus? GetLocked(string service) =>
        !_statuses.TryGetValue(service, out var status) ? null : IsDraining ? ServingStatus.NotServing : status;

    private void PublishLocked()
    {
        foreach (var watch in _watches)
        {
            watch.Publish(GetLocked(watch.Service) ?? ServingStatus.ServiceUnknown);
        }
    }

    private void Forget(HealthWatch watch)
    {
        lock (_lock)
        {
            _watches.Remove(watch);
        }
    }
}

/// <summary>One open watch. It keeps the latest status only: a slow reader misses what was true in between, never what is true now.</summary>
internal sealed class HealthWatch(string service, Action<HealthWatch> forget) : IDisposable
{
    private readonly Channel<ServingStatus> _statuses =
        Channel.CreateBounded<ServingStatus>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    public string Service { get; } = service;

    public ChannelReader<ServingStatus> Statuses => _statuses.Reader;

    public void Publish(ServingStatus status) => _statuses.Writer.TryWrite(status);

    public void Complete() => _statuses.Writer.TryComplete();

    public void Dispose() => forget(this);
}
