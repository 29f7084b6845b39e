using System.Globalization;
using EdgeMesh.Workloads.Balancing;
using EdgeMesh.Workloads.Processes;

namespace EdgeMesh.Workloads;

/// <summary>A numbered replica of a workload: one life after the other, with a wait between.</summary>
/// <remarks>
/// Thread-safe. <c>_lock</c> owns which life is the current one. A race and how it ends: (1) the current life ends by itself, and the loop waits before the next; (2) a replacement makes another one
/// current; (3) the loop, whose wait is over, sees that the one that ended is not the current one any more, and follows that. Replacing and stopping are the workload's to keep apart.
/// </remarks>
internal sealed class ReplicaSlot(Workload workload, int number, LogRing log, WorkloadContext context)
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _cut = new();
    private ReplicaRun? _current;
    private Task _loop = Task.CompletedTask;
    private bool _isBackingOff;
    private bool _isWanted;
    private string? _fault;
    private int _restarts;

    /// <summary><c>shop-1</c>.</summary>
    public string Name => log.Replica;

    /// <summary>From 1.</summary>
    public int Number => number;

    /// <summary>What its processes wrote.</summary>
    public LogRing Log => log;

    /// <summary>How often it was started anew after it had ended by itself.</summary>
    public int Restarts => Volatile.Read(ref _restarts);

    /// <summary>Begins its first life; does not wait.</summary>
    public void Start() => _loop = Task.Run(RunAsync);

    /// <summary>Drains it and ends its process for good.</summary>
    /// <param name="cut">Cuts what is left of drain and grace.</param>
    public async Task StopAsync(CancellationToken cut)
    {
        await using var registration = cut.Register(_cut.Cancel);
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
    }

    /// <summary>Makes a new life the current one, and drains and ends the old.</summary>
    /// <exception cref="ReplicaStartException">The new one did not become well.</exception>
    public async Task ReplaceAsync(CancellationToken cancellationToken)
    {
        // 1. Two processes must not have one directory: there the old one ends first.
        var old = Read();
        if (old is not null && workload.Options.Volumes.Any(volume => !volume.IsShared))
        {
            lock (_lock)
            {
                _isWanted = true;
            }

            old.RequestEnd();
            await old.Ended.WaitAsync(cancellationToken).ConfigureAwait(false);
            await WaitReadyAsync(() => Read() is { } run && run != old ? run : null, cancellationToken).ConfigureAwait(false);
            return;
        }

        // 2. The new one beside the old.
        var next = CreateRun();
        next.Begin(_cut.Token);
        try
        {
            await WaitReadyAsync(() => next, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            next.RequestEnd();
            throw;
        }

        // 3. The old one's end.
        lock (_lock)
        {
            old = _current;
            _current = next;
            _fault = null;
            _isBackingOff = false;
        }

        old?.RequestEnd();
        if (old is not null)
        {
            await old.Ended.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public ReplicaStatus ReadStatus(BalanceModel model, long now)
    {
        lock (_lock)
        {
            var run = _current;
            var target = run?.Target;
            var isRunning = target is not null && !_isBackingOff;
            var latency = isRunning ? target!.LatencySeconds(now) : 0;
            return new ReplicaStatus
            {
                Name = Name,
                State = _isBackingOff ? ReplicaState.BackingOff : run?.ReadState(now) ?? (_stop.IsCancellationRequested ? ReplicaState.Stopped : ReplicaState.Starting),
                Address = isRunning ? target!.Upstream.Address : null,
                ProcessId = isRunning ? run!.ProcessId : null,
                Zone = ZoneOf(),
                Weight = WeightOf(),
                Warmth = isRunning && target!.IsHealthy ? model.Warmth(target, now) : 0,
                InFlight = isRunning ? target!.InFlight : 0,
                Calls = isRunning ? target!.Calls : 0,
                Failures = isRunning ? target!.Failures : 0,
                Latency = latency > 0 ? TimeSpan.FromSeconds(latency) : null,
                Restarts = _restarts,
                StartedAt = isRunning ? run!.StartedAt : null,
                Fault = isRunning ? Describe(run!.Fault, run.Misbehaviour, _fault is null ? null : $"before: {_fault}") : _fault,
                Limits = isRunning ? run!.Limits : null,
            };
        }
    }

    private async Task RunAsync()
    {
        var failures = 0;
        ReplicaRun? ended = null;
        while (!_stop.IsCancellationRequested)
        {
            // 1. A life: a new one, or that which a replacement has begun meanwhile.
            ReplicaRun run;
            lock (_lock)
            {
                if (_current is null || _current == ended)
                {
                    _current = CreateRun();
                    _current.Begin(_cut.Token);
                }
                else
                {
                    failures = 0;
                }

                run = _current;
                _isBackingOff = false;
            }

            await using (_stop.Token.Register(run.RequestEnd))
            {
                await run.Ended.ConfigureAwait(false);
            }

            ended = run;

            // 2. It was to end: no wait.
            bool isWanted;
            lock (_lock)
            {
                isWanted = _isWanted || _current != run;
                _isWanted = false;
            }

            if (_stop.IsCancellationRequested)
            {
                return;
            }

            if (isWanted)
            {
                failures = 0;
                continue;
            }

            // 3. It ended by itself: a wait.
            Interlocked.Increment(ref _restarts);
            failures = run.WasWellFor(workload.Options.MaxBackoff) ? 1 : failures + 1;
            var wait = RestartBackoff.Next(workload.Options, failures, context.Random);
            lock (_lock)
            {
                _isBackingOff = true;
                _fault = string.Create(CultureInfo.InvariantCulture, $"{run.Fault}; started anew in {wait.TotalSeconds:0.0} s");
            }

            context.Log.ReplicaFault(workload.Options.Name, Name, _fault);
            await Task.Delay(wait, context.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static string? Describe(params string?[] faults) => faults.OfType<string>().ToList() is { Count: > 0 } all ? string.Join("; ", all) : null;

    private ReplicaRun CreateRun() => new(workload, this, ZoneOf(), WeightOf(), context);

    private ReplicaRun? Read()
    {
        lock (_lock)
        {
            return _current;
        }
    }

    private async Task WaitReadyAsync(Func<ReplicaRun?> find, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(workload.Options.StartTimeout, context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken, _stop.Token);
        ReplicaRun? run = null;
        try
        {
            while ((run = find()) is null)
            {
                await Task.Delay(ReplicaRun.StartingInterval, context.Time, either.Token).ConfigureAwait(false);
            }

            await Task.WhenAny(run.Ready, run.Ended).WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ReplicaStartException($"the new {Name} was not well within {workload.Options.StartTimeout.TotalSeconds:0.###} s: {run?.Fault ?? "no probe has been answered"}");
        }

        if (!run.Ready.IsCompletedSuccessfully)
        {
            throw new ReplicaStartException($"the new {Name} did not become well: {run.Fault}");
        }
    }

    private string? ZoneOf() => workload.Options.Addresses.Count > 0
        ? workload.Options.Addresses[number - 1].Zone ?? context.Zone
        : workload.Options.Zones.Count > 0 ? workload.Options.Zones[(number - 1) % workload.Options.Zones.Count] : context.Zone;

    private double WeightOf() => workload.Options.Addresses.Count > 0 ? workload.Options.Addresses[number - 1].Weight : 1;
}

/// <summary>A replica that was to take another's place did not become well.</summary>
public sealed class ReplicaStartException(string message) : Exception(message);
