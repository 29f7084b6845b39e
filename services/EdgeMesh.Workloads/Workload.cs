using System.Globalization;
using System.Text;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.Workloads.Balancing;
using EdgeMesh.Workloads.Processes;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeMesh.Workloads;

/// <summary>One of the user's services with its replicas: starts, balances, scales, replaces, drains and stops them.</summary>
/// <remarks>
/// Thread-safe. One lock owns the set of replicas and what is known of each one's health; calls read <see cref="BalanceModel"/>, which each change publishes anew. Changes that were asked for
/// (<see cref="ScaleAsync"/>, <see cref="ReplaceAsync"/>, <see cref="StopAsync"/>) run one at a time.
/// </remarks>
public sealed class Workload : IDisposable
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _changes = new(1);
    private readonly List<ReplicaSlot> _slots = [];
    private readonly List<ReplicaTarget> _targets = [];

    // By number: they outlive their replicas, so that it can be seen how those ended.
    private readonly List<LogRing> _logs = [];
    private readonly HashSet<string> _safeMethods;
    private readonly WorkloadTable _table;
    private readonly WorkloadContext _context;
    private readonly GrpcChannel _channel;
    private volatile BalanceModel _model = BalanceModel.Empty;
    private volatile bool _isDraining;
    private CancellationTokenSource _interrupt = new();
    private long _pastCalls;
    private long _pastFailures;
    private long _pastRestarts;
    private long _retries;
    private long _fallbacks;
    private long _ejections;
    private int _limitWarnings;

    internal Workload(WorkloadOptions options, WorkloadTable table, WorkloadContext context)
    {
        (Options, _table, _context) = (options, table, context);
        _safeMethods = [.. options.SafeMethods.Select(method => "/" + method.TrimStart('/'))];
        var handler = new BalancedHandler(this, table, context.Time);
        Upstream = new Upstream($"workload {options.Name}", new Uri($"http://{options.Name}"), new HttpMessageInvoker(handler)) { Via = context.Node };
        _channel = GrpcChannel.ForAddress(Upstream.Address, new GrpcChannelOptions { HttpHandler = handler });
        Invoker = _channel.CreateCallInvoker();
    }

    /// <summary>What the user says of it.</summary>
    public WorkloadOptions Options { get; }

    /// <summary>Where the relay sends its calls: each goes to a replica.</summary>
    public Upstream Upstream { get; }

    /// <summary>Calls it from the node itself: health, reflection.</summary>
    public CallInvoker Invoker { get; }

    /// <summary>Whether a replica takes calls.</summary>
    public bool IsServing => _model.Targets.Length > 0;

    /// <summary>Calls that were sent again, to another replica.</summary>
    public long Retries => Volatile.Read(ref _retries);

    /// <summary>Calls that every replica refused, and that went elsewhere.</summary>
    public long Fallbacks => Volatile.Read(ref _fallbacks);

    /// <summary>How often a replica's failures took it out for a while.</summary>
    public long Ejections => Volatile.Read(ref _ejections);

    /// <summary>How often processes of replicas were started anew.</summary>
    public long Restarts => ReadSlots().Sum(slot => (long)slot.Restarts) + Volatile.Read(ref _pastRestarts);

    /// <summary>Calls that were sent to replicas.</summary>
    public long Calls => ReadTargets().Sum(target => target.Calls) + Volatile.Read(ref _pastCalls);

    /// <summary>Of these, those that failed there.</summary>
    public long Failures => ReadTargets().Sum(target => target.Failures) + Volatile.Read(ref _pastFailures);

    /// <summary>Calls that run now.</summary>
    public int InFlight => ReadTargets().Sum(target => target.InFlight);

    /// <summary>What is known of it now: its replicas by number.</summary>
    public WorkloadStatus ReadStatus()
    {
        var now = _context.Time.GetTimestamp();
        var model = _model;
        return new WorkloadStatus(Options, IsServing, _isDraining, [.. ReadSlots().Select(slot => slot.ReadStatus(model, now))]);
    }

    /// <summary>The newest lines that a replica's processes wrote, also when it was stopped since; null: there has been no such replica.</summary>
    /// <param name="replica">Its name; null: all replicas, in the order of time.</param>
    /// <param name="after">Only lines with a higher number.</param>
    /// <param name="most">How many, the newest.</param>
    public IReadOnlyList<LogLine>? ReadLog(string? replica, long after, int most)
    {
        List<LogRing> logs;
        lock (_lock)
        {
            logs = [.. _logs.Where(log => replica is null || log.Replica == replica)];
        }

        return logs.Count == 0 && replica is not null ? null : [.. logs.SelectMany(log => log.Read(after)).OrderBy(line => line.Number).TakeLast(most)];
    }

    /// <summary>Why no replica takes calls, each by name.</summary>
    public string DescribeUnwell()
    {
        var text = new StringBuilder($"workload {Options.Name} has no well replica at {_context.Node}");
        var replicas = ReadStatus().Replicas;
        if (replicas.Count == 0)
        {
            return text.Append(_isDraining ? ": it is stopped" : ": it is scaled to 0").ToString();
        }

        const int Most = 3;
        text.Append(": ").AppendJoin(", ", replicas.Take(Most).Select(replica => replica.Describe()));
        return replicas.Count > Most ? text.Append(CultureInfo.InvariantCulture, $", and {replicas.Count - Most} more").ToString() : text.ToString();
    }

    /// <summary>Starts it as its configuration says, whatever was asked before; replicas that run stay.</summary>
    /// <param name="cancellationToken">Gives up waiting for another change.</param>
    public Task StartAsync(CancellationToken cancellationToken) => StartAsync(null, cancellationToken);

    /// <summary>Runs so many replicas: starts what is missing, and drains and stops those with the highest numbers.</summary>
    /// <exception cref="InvalidOperationException">It is registered by address, or stopped.</exception>
    public async Task ScaleAsync(int replicas, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(replicas);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(replicas, WorkloadOptions.MaxReplicas);
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ThrowIfByAddress("scaled");
            ThrowIfStopped();
            await KeepAsync(IntendedState.Running, replicas).ConfigureAwait(false);
            await SetCountAsync(replicas, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>Replaces each replica by a new one, one after the other: the old one is drained when the new one is well; where a replica has a directory of its own, it ends first.</summary>
    /// <exception cref="ReplicaStartException">A new one did not become well; the rest was left as it is.</exception>
    /// <exception cref="InvalidOperationException">It is registered by address, or stopped.</exception>
    public async Task ReplaceAsync(CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ThrowIfByAddress("replaced");
            ThrowIfStopped();
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _interrupt.Token);
            foreach (var slot in ReadSlots())
            {
                await slot.ReplaceAsync(either.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new InvalidOperationException($"workload {Options.Name} was stopped meanwhile");
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>Takes it out of service: no new calls, running ones end within the drain timeout; processes go on until <see cref="StopAsync"/>.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var intent = _context.Intents.Find(Options.Name);
            await KeepAsync(intent?.State == IntendedState.Stopped ? IntendedState.Stopped : IntendedState.Drained, intent?.Replicas ?? Options.Replicas).ConfigureAwait(false);
            _isDraining = true;
            Publish();
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _interrupt.Token);
            await _context.WaitIdleAsync(() => InFlight, Options.DrainTimeout, either.Token).ConfigureAwait(false);
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>Drains it and stops its processes: SIGTERM, then after the grace SIGKILL. <see cref="StartAsync"/> starts it again.</summary>
    /// <param name="cancellationToken">Cuts what is left of drain and grace: processes are killed at once.</param>
    public Task StopAsync(CancellationToken cancellationToken) => EndAsync(isAsked: true, cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _channel.Dispose();
        Upstream.Invoker.Dispose();
        _changes.Dispose();
        _interrupt.Dispose();
    }

    /// <summary>Starts it with its node: as it was asked to be last, else as its configuration says.</summary>
    internal Task BeginAsync(CancellationToken cancellationToken) => StartAsync(_context.Intents.Find(Options.Name), cancellationToken);

    /// <summary>Stops it with its node: that is not what was asked of it.</summary>
    internal Task EndAsync(CancellationToken cancellationToken) => EndAsync(isAsked: false, cancellationToken);

    /// <summary>Chooses a replica for a call; null: there is none that was not tried.</summary>
    internal ReplicaTarget? Pick(IReadOnlyCollection<ReplicaTarget>? tried, long now) => ReplicaPicker.Pick(_model, tried, _context.Random, now);

    /// <summary>Whether a method may be sent twice.</summary>
    internal bool IsSafe(string path) => _safeMethods.Contains(path) || _context.IsSideEffectFree(path);

    internal void CountRetry() => Interlocked.Increment(ref _retries);

    internal void CountFallback() => Interlocked.Increment(ref _fallbacks);

    /// <summary>Limits are held by less than the kernel: that is the same for all replicas, and logged once.</summary>
    internal void WarnOfLimits(string means)
    {
        if (Interlocked.Exchange(ref _limitWarnings, 1) == 0)
        {
            _context.Log.WeakLimits(Options.Name, means);
        }
    }

    /// <summary>A replica began to answer.</summary>
    internal void NoteAnswer(ReplicaTarget target, HttpResponseMessage response, TimeSpan latency)
    {
        if (OutlierRules.ReadStatus(response.Headers) is null or 0)
        {
            target.Observe(latency);
        }
    }

    /// <summary>An answer ended.</summary>
    internal void NoteEnd(ReplicaTarget target, HttpResponseMessage response, Exception? fault)
    {
        if (fault is not null and not HttpProtocolException)
        {
            NoteFault(target, $"lost: {fault.Message}", mustLeave: false);
        }
        else if (OutlierRules.IsFailure(response))
        {
            NoteFault(target, "answers UNAVAILABLE", mustLeave: false);
        }
        else
        {
            target.Succeed();
        }
    }

    /// <summary>A call failed at a replica.</summary>
    /// <param name="target">The replica.</param>
    /// <param name="why">For people.</param>
    /// <param name="mustLeave">Whether that shows that it takes no connection, so that one failure is enough.</param>
    internal void NoteFault(ReplicaTarget target, string why, bool mustLeave)
    {
        var failures = target.Fail();
        if (!mustLeave && (Options.EjectAfter == 0 || failures < Options.EjectAfter))
        {
            return;
        }

        lock (_lock)
        {
            // The last one stays: a replica that fails some calls is better than none.
            var now = _context.Time.GetTimestamp();
            if (!IsTakingLocked(target, now) || !_targets.Any(other => other != target && IsTakingLocked(other, now)))
            {
                return;
            }

            target.Ejections++;
            var duration = OutlierRules.DurationOf(Options.EjectFor, target.Ejections);
            target.EjectedUntil = now + (long)(duration.TotalSeconds * _context.Time.TimestampFrequency);
            Interlocked.Increment(ref _ejections);
            PublishLocked();
            _context.Log.Ejected(Options.Name, target.Name, duration.TotalSeconds, why);
        }
    }

    /// <summary>A new life of a replica.</summary>
    internal void Add(ReplicaTarget target)
    {
        lock (_lock)
        {
            _targets.Add(target);
        }
    }

    /// <summary>What a probe found.</summary>
    internal void SetHealth(ReplicaTarget target, bool isHealthy)
    {
        lock (_lock)
        {
            var now = _context.Time.GetTimestamp();
            var isBack = target.EjectedUntil != 0 && now >= target.EjectedUntil;
            if (target.IsHealthy == isHealthy && !isBack)
            {
                return;
            }

            if (isBack)
            {
                target.EjectedUntil = 0;
                target.Forgive();
            }

            if (isHealthy && (!target.IsHealthy || isBack))
            {
                target.ReadyAt = now;
            }

            target.IsHealthy = isHealthy;
            PublishLocked();
        }
    }

    /// <summary>A replica takes no more calls.</summary>
    internal void Drain(ReplicaTarget target)
    {
        lock (_lock)
        {
            target.IsDraining = true;
            PublishLocked();
        }
    }

    /// <summary>A replica's life is over.</summary>
    internal void Remove(ReplicaTarget target)
    {
        lock (_lock)
        {
            if (!_targets.Remove(target))
            {
                return;
            }

            target.IsDraining = true;
            Interlocked.Add(ref _pastCalls, target.Calls);
            Interlocked.Add(ref _pastFailures, target.Failures);
            PublishLocked();
        }

        target.Retire();
    }

    private static bool IsTakingLocked(ReplicaTarget target, long now) => target.IsHealthy && !target.IsDraining && now >= target.EjectedUntil;

    /// <summary>Keeps what is asked, if it is not what the configuration says.</summary>
    private Task KeepAsync(IntendedState state, int replicas) =>
        _context.Intents.KeepAsync(Options.Name, state == IntendedState.Running && replicas == Options.Replicas ? null : new WorkloadIntent(state, replicas, Options.Replicas));

    private async Task StartAsync(WorkloadIntent? intent, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // A count that was asked for when the configuration said another one than now is out of date; a stop is not.
            var configured = Options.Addresses.Count > 0 ? Options.Addresses.Count : Options.Replicas;
            var count = intent is null || Options.Addresses.Count > 0 || intent.Configured != Options.Replicas ? configured : intent.Replicas;
            intent = intent is { State: IntendedState.Running } && count == configured ? null : intent;
            await _context.Intents.KeepAsync(Options.Name, intent).ConfigureAwait(false);
            if (intent is not null)
            {
                _context.Log.IntentFollowed(Options.Name, intent.State switch { IntendedState.Stopped => "stopped", IntendedState.Drained => "drained", _ => string.Create(CultureInfo.InvariantCulture, $"scaled to {count}") });
            }

            _isDraining = intent is { State: not IntendedState.Running };
            await SetCountAsync(intent is { State: IntendedState.Stopped } ? 0 : count, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _changes.Release();
        }
    }

    private async Task EndAsync(bool isAsked, CancellationToken cancellationToken)
    {
        // What is being replaced or drained would only have the stop wait.
        await _interrupt.CancelAsync().ConfigureAwait(false);
        await _changes.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            _interrupt = new CancellationTokenSource();
            if (isAsked)
            {
                await KeepAsync(IntendedState.Stopped, Options.Replicas).ConfigureAwait(false);
            }

            _isDraining = true;
            await SetCountAsync(0, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _changes.Release();
        }
    }

    private async Task SetCountAsync(int count, CancellationToken cancellationToken)
    {
        // Those that end stay to be seen until they have.
        List<ReplicaSlot> ending;
        lock (_lock)
        {
            for (var number = _slots.Count + 1; number <= count; number++)
            {
                if (number > _logs.Count)
                {
                    _logs.Add(new LogRing(string.Create(CultureInfo.InvariantCulture, $"{Options.Name}-{number}"), _context.Lines, _context.Time));
                }

                var slot = new ReplicaSlot(this, number, _logs[number - 1], _context);
                _slots.Add(slot);
                slot.Start();
            }

            ending = _slots[count..];
        }

        await Task.WhenAll(ending.Select(slot => slot.StopAsync(cancellationToken))).ConfigureAwait(false);
        lock (_lock)
        {
            _slots.RemoveAll(ending.Contains);
            Interlocked.Add(ref _pastRestarts, ending.Sum(slot => (long)slot.Restarts));
            PublishLocked();
        }
    }

    private void Publish()
    {
        lock (_lock)
        {
            PublishLocked();
        }
    }

    private void PublishLocked()
    {
        var now = _context.Time.GetTimestamp();
        var before = _model;
        _model = new BalanceModel(_isDraining ? [] : [.. _targets.Where(target => IsTakingLocked(target, now))], Options.SlowStart, _context.Time);
        if ((before.Targets.Length > 0) != IsServing)
        {
            _context.Log.ServingChanged(Options.Name, IsServing ? "takes calls" : "has no well replica");
            _table.NoteServing();
        }
    }

    private List<ReplicaSlot> ReadSlots()
    {
        lock (_lock)
        {
            return [.. _slots];
        }
    }

    private List<ReplicaTarget> ReadTargets()
    {
        lock (_lock)
        {
            return [.. _targets];
        }
    }

    private void ThrowIfByAddress(string change)
    {
        if (Options.Addresses.Count > 0)
        {
            throw new InvalidOperationException($"workload {Options.Name} is registered by address: whoever runs its replicas must have it {change}");
        }
    }

    private void ThrowIfStopped()
    {
        if (_isDraining)
        {
            throw new InvalidOperationException($"workload {Options.Name} is stopped: run it first");
        }
    }
}
