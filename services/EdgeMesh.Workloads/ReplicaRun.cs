using System.Globalization;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.Workloads.Balancing;
using EdgeMesh.Workloads.Health;
using EdgeMesh.Workloads.Processes;

namespace EdgeMesh.Workloads;

/// <summary>One life of a replica: its process, if it has one, from start to end, and its health.</summary>
/// <remarks>
/// It ends in one of five ways: it could not be started; its process ended; it was unwell for longer than the start timeout; it was asked to end (then it is drained first); or that was cut short.
/// In each, its target has left the workload and every process of its group is gone before <see cref="Ended"/> completes. Owned by its slot; reading is thread-safe.
/// </remarks>
internal sealed class ReplicaRun(Workload workload, ReplicaSlot slot, string? zone, double weight, WorkloadContext context)
{
    /// <summary>How often a replica that was not well yet is asked: its first call should not wait for a slow clock.</summary>
    public static readonly TimeSpan StartingInterval = TimeSpan.FromMilliseconds(50);

    // One late answer may be a collection or a busy machine; two in a row are a replica that hangs.
    private const int LateProbes = 2;

    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ReplicaProcess? _process;
    private volatile ReplicaTarget? _target;
    private volatile string? _fault;
    private long _readySince;

    /// <summary>Where its calls go; null: it has not been started.</summary>
    public ReplicaTarget? Target => _target;

    public int? ProcessId => _process?.Id;

    public DateTimeOffset? StartedAt { get; private set; }

    /// <summary>What is wrong with it; null: nothing.</summary>
    public string? Fault => _fault;

    /// <summary>What it does that it should not, though it is well; null: nothing.</summary>
    public string? Misbehaviour => _process is { IsHeldBack: true } ? string.Create(CultureInfo.InvariantCulture, $"wrote more than {OutputReader.BytesPerSecond / 1024} KiB/s to its log, and was held back") : null;

    /// <summary>What its limits are held by; null: it has none.</summary>
    public string? Limits => _process?.Limits;

    /// <summary>Completes when it is well for the first time.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Completes when it is over.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    /// <summary>Begins; does not wait.</summary>
    /// <param name="cut">Cuts drain and grace short when it is to end.</param>
    public void Begin(CancellationToken cut) => Ended = Task.Run(() => RunAsync(cut));

    /// <summary>Has it drain and end.</summary>
    public void RequestEnd() => _end.TrySetResult();

    /// <summary>Whether it had been well for so long.</summary>
    public bool WasWellFor(TimeSpan time) => Volatile.Read(ref _readySince) is var since && since != 0 && context.Time.GetElapsedTime(since) >= time;

    public ReplicaState ReadState(long now) => _target switch
    {
        null => Ended.IsCompleted && _fault is null ? ReplicaState.Stopped : ReplicaState.Starting,
        _ when Ended.IsCompleted => ReplicaState.Stopped,
        { IsDraining: true } => ReplicaState.Draining,
        { IsHealthy: false } => _ready.Task.IsCompleted ? ReplicaState.Unhealthy : ReplicaState.Starting,
        { EjectedUntil: var until } when now < until => ReplicaState.Ejected,
        _ => ReplicaState.Ready,
    };

    private async Task RunAsync(CancellationToken cut)
    {
        // 1. Its process, or its address.
        Uri address;
        if (workload.Options.Addresses.Count > 0)
        {
            address = workload.Options.Addresses[slot.Number - 1].Address;
        }
        else
        {
            try
            {
                _process = await context.Processes.StartAsync(workload.Options, slot.Name, slot.Number, zone, slot.Log).ConfigureAwait(false);
                address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_process.Port}"));
            }
            catch (Exception fault) when (fault is ProcessStartException or IOException or UnauthorizedAccessException)
            {
                _fault = fault.Message;
                return;
            }
        }

        StartedAt = context.Time.GetUtcNow();
        var target = new ReplicaTarget(workload.Options.Name, slot.Name, address, weight, zone, UpstreamHandler.Create(), context.Node, context.Time);
        workload.Add(target);
        _target = target;
        if (_process?.Limits is { } limits && !limits.StartsWith("cgroup", StringComparison.Ordinal))
        {
            workload.WarnOfLimits(limits);
        }

        // 2. Its life.
        var wasAsked = await LiveAsync(target).ConfigureAwait(false);

        // 3. Its end.
        if (wasAsked)
        {
            workload.Drain(target);
            await context.WaitIdleAsync(() => target.InFlight, workload.Options.DrainTimeout, cut).ConfigureAwait(false);
        }

        if (_process is { } process)
        {
            await process.StopAsync(wasAsked ? workload.Options.Grace : TimeSpan.Zero, cut).ConfigureAwait(false);
            if (process.WasKilled && !cut.IsCancellationRequested)
            {
                context.Log.GraceExceeded(workload.Options.Name, slot.Name, workload.Options.Grace.TotalSeconds);
            }
        }

        workload.Remove(target);
    }

    /// <returns>Whether it was asked to end; else it ended, or must.</returns>
    private async Task<bool> LiveAsync(ReplicaTarget target)
    {
        using var prober = new HealthProber(workload.Options, target.Upstream.Address, context.Time);
        var exit = _process?.Exited ?? new TaskCompletionSource<string>().Task;
        var unwellSince = context.Time.GetTimestamp();
        var late = 0;
        while (true)
        {
            // 1. How is it?
            var probing = prober.ProbeAsync();
            await Task.WhenAny(probing, exit, _end.Task).ConfigureAwait(false);
            if (_end.Task.IsCompleted)
            {
                return true;
            }

            if (exit.IsCompleted)
            {
                _fault = await exit.ConfigureAwait(false);
                workload.SetHealth(target, isHealthy: false);
                return false;
            }

            var found = await probing.ConfigureAwait(false);
            late = found.IsLate ? late + 1 : 0;
            var isWell = found.Fault is null || (found.IsLate && late < LateProbes && target.IsHealthy);
            if (isWell != target.IsHealthy)
            {
                unwellSince = context.Time.GetTimestamp();
            }

            _fault = found.Fault;
            workload.SetHealth(target, isWell);
            if (isWell && _ready.TrySetResult())
            {
                Volatile.Write(ref _readySince, context.Time.GetTimestamp());
                context.Log.ReplicaReady(workload.Options.Name, slot.Name, target.Upstream.Address.GetLeftPart(UriPartial.Authority));
            }

            // 2. Too long unwell: a process is ended; what others run is asked on.
            if (!isWell && _process is not null && context.Time.GetElapsedTime(unwellSince) is var unwell && unwell >= workload.Options.StartTimeout)
            {
                _fault = string.Create(CultureInfo.InvariantCulture, $"was {(_ready.Task.IsCompleted ? "unwell" : "not well yet")} for {unwell.TotalSeconds:0.0} s: {found.Fault}");
                return false;
            }

            // 3. Again, later.
            var wait = _ready.Task.IsCompleted && isWell ? workload.Options.HealthInterval : Min(StartingInterval, workload.Options.HealthInterval);
            using var ended = new CancellationTokenSource();
            await Task.WhenAny(Task.Delay(wait, context.Time, ended.Token), exit, _end.Task).ConfigureAwait(false);
            await ended.CancelAsync().ConfigureAwait(false);
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
