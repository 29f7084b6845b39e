using System.Globalization;

namespace EdgeMesh.Workloads.Processes;

/// <summary>Makes control groups (Linux cgroup v2) for replicas with limits, below the node's own.</summary>
/// <remarks>
/// The kernel lets a group that has processes of its own give no controllers to groups below it: at the first need the node moves itself to a leaf, <c>edgemesh-node</c>, beside those of its replicas.
/// Where that is not allowed (no cgroup v2, no controllers, read-only, other processes in the node's group), <see cref="Fault"/> says why. Thread-safe.
/// </remarks>
internal sealed class ControlGroups(string root, string ownPath = "/proc/self/cgroup")
{
    private const string Prefix = "edgemesh-";
    private static readonly string[] Controllers = ["memory", "cpu"];

    private readonly Lock _lock = new();
    private string? _parent;
    private bool _wasTried;

    /// <summary>Why there are none; null: there are, or nobody has asked.</summary>
    public string? Fault { get; private set; }

    /// <summary>Makes a group with limits; null: it cannot be, see <see cref="Fault"/>.</summary>
    public ControlGroup? TryCreate(string name, long? memoryBytes, double? cpus)
    {
        lock (_lock)
        {
            try
            {
                if (!_wasTried)
                {
                    _wasTried = true;
                    _parent = Prepare();
                }

                return _parent is null ? null : ControlGroup.Create(Path.Combine(_parent, Prefix + name), memoryBytes, cpus);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                Fault = fault.Message;
                return null;
            }
        }
    }

    private string? Prepare()
    {
        var own = File.Exists(ownPath) ? File.ReadLines(ownPath).FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal)) : null;
        var controllers = Path.Combine(root, "cgroup.controllers");
        if (own is null || !File.Exists(controllers))
        {
            Fault = $"there is no cgroup v2 at {root}";
            return null;
        }

        var parent = Path.Join(root, own[3..]);
        var offered = File.ReadAllText(Path.Combine(parent, "cgroup.controllers")).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        if (Controllers.Except(offered).FirstOrDefault() is { } missing)
        {
            Fault = $"{parent} has no {missing} controller";
            return null;
        }

        try
        {
            var leaf = Path.Combine(parent, Prefix + "node");
            Directory.CreateDirectory(leaf);
            File.WriteAllText(Path.Combine(leaf, "cgroup.procs"), string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}"));
            File.WriteAllText(Path.Combine(parent, "cgroup.subtree_control"), string.Join(' ', Controllers.Select(controller => "+" + controller)));
            return parent;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            Fault = $"the node may make no groups below {parent}, as it could with a delegated one, Delegate=yes in its systemd unit: {fault.Message}";
            return null;
        }
    }
}

/// <summary>The control group of one replica.</summary>
internal sealed class ControlGroup
{
    private const int PeriodMicroseconds = 100_000;

    private readonly string _path;

    private ControlGroup(string path) => _path = path;

    /// <summary>A process that writes its number there is in it, with all that it starts.</summary>
    public string ProcessesFile => Path.Combine(_path, "cgroup.procs");

    /// <summary>Its name.</summary>
    public string Name => Path.GetFileName(_path);

    /// <exception cref="IOException">The kernel refused.</exception>
    public static ControlGroup Create(string path, long? memoryBytes, double? cpus)
    {
        Directory.CreateDirectory(path);
        if (memoryBytes is { } memory)
        {
            File.WriteAllText(Path.Combine(path, "memory.max"), memory.ToString(CultureInfo.InvariantCulture));
            Try(() => File.WriteAllText(Path.Combine(path, "memory.swap.max"), "0"));
            Try(() => File.WriteAllText(Path.Combine(path, "memory.oom.group"), "1"));
        }

        if (cpus is { } processors)
        {
            File.WriteAllText(Path.Combine(path, "cpu.max"), string.Create(CultureInfo.InvariantCulture, $"{(long)Math.Max(1000, processors * PeriodMicroseconds)} {PeriodMicroseconds}"));
        }

        return new ControlGroup(path);
    }

    /// <summary>Whether the kernel ended a process of it for its memory.</summary>
    public bool WasOutOfMemory()
    {
        var file = Path.Combine(_path, "memory.events");
        try
        {
            return File.Exists(file) && File.ReadLines(file).Any(line => line.StartsWith("oom_kill ", StringComparison.Ordinal) && line != "oom_kill 0");
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Ends all that is in it, whatever session it made, and removes it. What the kernel has not taken out yet is removed with the next of its name.</summary>
    public void Remove()
    {
        Try(() => File.WriteAllText(Path.Combine(_path, "cgroup.kill"), "1"));
        Try(() => Directory.Delete(_path));
    }

    /// <summary>What not every kernel has.</summary>
    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // Only a help: the limit stands without it.
        }
    }
}
