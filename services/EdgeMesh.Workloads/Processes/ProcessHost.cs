using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Workloads.Processes;

/// <summary>Starts the processes of replicas: program, port, variables, directories, limits.</summary>
/// <remarks>Linux only: it needs <c>setsid</c> (util-linux or BusyBox) and a shell. Thread-safe.</remarks>
internal sealed class ProcessHost(string cgroupRoot, TimeProvider time, ILogger log) : IDisposable
{
    /// <summary>Variables that tell a process who it is.</summary>
    public const string NameVariable = "WORKLOAD_REPLICA";

    /// <summary>The variable of its Availability Zone.</summary>
    public const string ZoneVariable = "WORKLOAD_ZONE";

    private const string NodeVariables = "EDGEMESH_";

    // Puts itself into its control group before there is anything to limit.
    private const string JoinScript = """echo $$ >"$0" && exec "$@" """;

    // To start a process takes milliseconds of a thread: hundreds at once would leave the node none for its calls.
    private readonly SemaphoreSlim _starting = new(1);
    private readonly ProcessGroups _groups = new(log);
    private readonly ReplicaPorts _ports = new();
    private readonly MemoryWatch _memory = new(time);
    private readonly ControlGroups _controlGroups = new(cgroupRoot);

    /// <summary>Starts one, when those that were to be started before it have been.</summary>
    /// <param name="options">The workload's.</param>
    /// <param name="name">The replica's name.</param>
    /// <param name="number">Its number.</param>
    /// <param name="zone">Its Availability Zone; null: not said.</param>
    /// <param name="output">Gets what it writes.</param>
    /// <exception cref="ProcessStartException">It cannot be started.</exception>
    public async Task<ReplicaProcess> StartAsync(WorkloadOptions options, string name, int number, string? zone, LogRing output)
    {
        await _starting.WaitAsync().ConfigureAwait(false);
        try
        {
            return Start(options, name, number, zone, output);
        }
        finally
        {
            _starting.Release();
        }
    }

    public void Dispose()
    {
        _groups.Dispose();
        _memory.Dispose();
        _starting.Dispose();
    }

    private static string MakeVolume(VolumeOptions volume, int number)
    {
        var path = volume.PathOf(number);
        try
        {
            return Directory.CreateDirectory(path).FullName;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ProcessStartException($"its volume {volume.Name} cannot be made at {path}: {fault.Message}", fault);
        }
    }

    private static string Mebibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024d * 1024):0.#} MiB");

    private ReplicaProcess Start(WorkloadOptions options, string name, int number, string? zone, LogRing output)
    {
        // 1. Everything that can be wrong before there is a process.
        if (!OperatingSystem.IsLinux())
        {
            throw new ProcessStartException("workloads are run on Linux only; register it by address");
        }

        var directory = Path.GetFullPath(options.WorkingDirectory ?? ".");
        if (!Directory.Exists(directory))
        {
            throw new ProcessStartException($"its directory {directory} does not exist");
        }

        var program = CommandPath.Find(options.Command[0], directory);
        var volumes = options.Volumes.Select(volume => (volume.Variable, Path: MakeVolume(volume, number))).ToList();
        var hasLimits = options.MemoryBytes is not null || options.Cpus is not null;
        var controlGroup = hasLimits ? _controlGroups.TryCreate(name, options.MemoryBytes, options.Cpus) : null;
        var port = _ports.Take();

        // 2. What it is told.
        string[] command = [program, .. options.Command.Skip(1)];
        var start = new ProcessStartInfo("setsid", controlGroup is null ? command : ["sh", "-c", JoinScript, controlGroup.ProcessesFile, .. command])
        {
            WorkingDirectory = directory,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var variable in start.Environment.Keys.Where(key => key.StartsWith(NodeVariables, StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(variable);
        }

        start.Environment[NameVariable] = name;
        start.Environment[ZoneVariable] = zone;
        foreach (var (variable, path) in volumes)
        {
            start.Environment[variable] = path;
        }

        foreach (var (variable, value) in options.Environment)
        {
            start.Environment[variable] = value;
        }

        start.Environment[options.PortVariable] = port.ToString(CultureInfo.InvariantCulture);

        // 3. The process.
        Process? process = null;
        try
        {
            process = Process.Start(start)!;
            _groups.Add(process.Id);
        }
        catch (Win32Exception fault)
        {
            if (process is not null)
            {
                ProcessGroups.Signal(process.Id, ProcessGroups.Kill);
            }

            _ports.Return(port);
            controlGroup?.Remove();
            throw new ProcessStartException($"the command \"{options.Command[0]}\" could not be started: {fault.Message}", fault);
        }

        process.StandardInput.Close();
        var started = new ReplicaProcess(process, port, output, controlGroup, LimitsOf(options, controlGroup), time, () => log.HeldBack(name, OutputReader.BytesPerSecond / 1024), Release);
        if (options.MemoryBytes is { } limit && controlGroup is null)
        {
            _memory.Add(process.Id, limit, bytes => started.KillFor(string.Create(CultureInfo.InvariantCulture, $"had {Mebibytes(bytes)} of memory, its limit is {Mebibytes(limit)}, and was killed")));
        }

        return started;

        void Release()
        {
            _memory.Remove(process.Id);
            _groups.Remove(process.Id);
            _ports.Return(port);
            controlGroup?.Remove();
        }
    }

    private string? LimitsOf(WorkloadOptions options, ControlGroup? controlGroup)
    {
        if (options.MemoryBytes is null && options.Cpus is null)
        {
            return null;
        }

        if (controlGroup is not null)
        {
            return $"cgroup {controlGroup.Name}";
        }

        var held = options.MemoryBytes is null ? "nothing" : string.Create(CultureInfo.InvariantCulture, $"the node, which looks at its memory every {MemoryWatch.Interval.TotalMilliseconds} ms");
        return $"{held}{(options.Cpus is null ? "" : ", processor time is not limited")} ({_controlGroups.Fault})";
    }
}
