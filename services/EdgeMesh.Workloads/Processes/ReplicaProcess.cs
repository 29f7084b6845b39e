using System.Diagnostics;
using System.Globalization;

namespace EdgeMesh.Workloads.Processes;

/// <summary>A replica's process with all that it starts, from its start to its end.</summary>
/// <remarks>Thread-safe. Its session's leader may end before its children: <see cref="StopAsync"/> ends those too, and must be called in any case.</remarks>
internal sealed class ReplicaProcess
{
    // What SIGKILL takes on a machine that is swapping.
    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(10);

    private const int SignalBase = 128;
    private const int MaxQuotedChars = 160;

    private readonly Process _process;
    private readonly LogRing _output;
    private readonly ControlGroup? _controlGroup;
    private readonly TimeProvider _time;
    private readonly Action _release;
    private readonly CancellationTokenSource _reading = new();
    private readonly Task _readers;
    private volatile string? _killedFor;
    private volatile bool _isHeldBack;

    public ReplicaProcess(Process process, int port, LogRing output, ControlGroup? controlGroup, string? limits, TimeProvider time, Action heldBack, Action release)
    {
        (_process, Port, _output, _controlGroup, Limits, _time, _release) = (process, port, output, controlGroup, limits, time, release);
        Id = process.Id;
        _readers = Task.WhenAll(
            new OutputReader(process.StandardOutput.BaseStream, isError: false, output, NoteHeldBack, time).RunAsync(_reading.Token),
            new OutputReader(process.StandardError.BaseStream, isError: true, output, NoteHeldBack, time).RunAsync(_reading.Token));
        Exited = WaitForExitAsync();

        void NoteHeldBack()
        {
            _isHeldBack = true;
            heldBack();
        }
    }

    /// <summary>Its process id, and that of its session and its group.</summary>
    public int Id { get; }

    /// <summary>Where it was told to listen.</summary>
    public int Port { get; }

    /// <summary>What its limits are held by; null: it has none.</summary>
    public string? Limits { get; }

    /// <summary>Whether it wrote faster than is read.</summary>
    public bool IsHeldBack => _isHeldBack;

    /// <summary>Completes when the leader has ended, with how, for people.</summary>
    public Task<string> Exited { get; }

    /// <summary>Kills it, and has that be the reason of its end.</summary>
    public void KillFor(string reason)
    {
        _killedFor = reason;
        ProcessGroups.Signal(Id, ProcessGroups.Kill);
    }

    /// <summary>Ends it with all that it started: SIGTERM, then SIGKILL.</summary>
    /// <param name="grace">From one to the other; 0: SIGKILL at once.</param>
    /// <param name="cut">Cuts the grace short.</param>
    public async Task StopAsync(TimeSpan grace, CancellationToken cut)
    {
        // 1. Its own time.
        if (!Exited.IsCompleted && grace > TimeSpan.Zero)
        {
            ProcessGroups.Signal(Id, ProcessGroups.Terminate);
            await ((Task)Exited).WaitAsync(grace, _time, cut).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!Exited.IsCompleted)
            {
                _output.Add(isError: true, cut.IsCancellationRequested ? "edgemesh: had to end at once and was killed" : string.Create(CultureInfo.InvariantCulture, $"edgemesh: did not end within {grace.TotalSeconds:0.###} s of SIGTERM and was killed"));
                WasKilled = true;
            }
        }

        // 2. Whatever is left of it.
        ProcessGroups.Signal(Id, ProcessGroups.Kill);
        await ((Task)Exited).WaitAsync(KillLimit, TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _readers.WaitAsync(TimeSpan.FromSeconds(1), TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _reading.CancelAsync().ConfigureAwait(false);
        _release();
        _process.Dispose();
    }

    /// <summary>Whether it outlived its grace.</summary>
    public bool WasKilled { get; private set; }

    private async Task<string> WaitForExitAsync()
    {
        await _process.WaitForExitAsync().ConfigureAwait(false);
        var code = _process.ExitCode;

        // What it said last is what people look for.
        await _readers.WaitAsync(TimeSpan.FromMilliseconds(200), TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var end = _killedFor
            ?? (_controlGroup?.WasOutOfMemory() == true ? "reached the memory limit of its cgroup and was killed"
            : code > SignalBase ? string.Create(CultureInfo.InvariantCulture, $"was ended by signal {code - SignalBase}")
            : string.Create(CultureInfo.InvariantCulture, $"ended with exit code {code}"));
        var said = _output.Read(0).LastOrDefault(line => line.IsError && line.Text.Length > 0)?.Text;
        return said is null ? end : $"{end}; it said last: {said[..Math.Min(said.Length, MaxQuotedChars)]}";
    }
}
