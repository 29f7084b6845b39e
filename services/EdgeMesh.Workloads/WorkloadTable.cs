using EdgeMesh.Relay;
using EdgeMesh.Workloads.Processes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EdgeMesh.Workloads;

/// <summary>The workloads of a node.</summary>
/// <remarks>Thread-safe: a call reads one array. Started and stopped with the node's host (<see cref="WorkloadExtensions.AddWorkloads"/>); the node owns it, and disposes of it last.</remarks>
public sealed class WorkloadTable : IAsyncDisposable
{
    private readonly (string PathPrefix, Workload Workload)[] _prefixes;
    private readonly WorkloadContext _context;
    private readonly ProcessHost _processes;

    /// <summary>Checks and takes the workloads; nothing is started.</summary>
    /// <param name="settings">What the node says.</param>
    /// <param name="time">The clock of waits and averages.</param>
    /// <param name="log">Where their lives are logged.</param>
    /// <exception cref="OptionsValidationException">Options are wrong; one line a fault.</exception>
    public WorkloadTable(WorkloadSettings settings, TimeProvider time, ILoggerFactory log)
    {
        if (settings.FindFaults() is { Count: > 0 } faults)
        {
            throw new OptionsValidationException("Workloads", typeof(WorkloadSettings), faults);
        }

        _processes = new ProcessHost(settings.CgroupRoot, time, log.CreateLogger<ProcessHost>());
        _context = new WorkloadContext
        {
            Node = settings.Node,
            Zone = settings.Zone,
            Time = time,
            Random = settings.Random,
            IsSideEffectFree = path => IsSideEffectFree?.Invoke(path) ?? false,
            Log = log.CreateLogger<WorkloadTable>(),
            Processes = _processes,
            Intents = new WorkloadIntents(settings.DataDirectory, log.CreateLogger<WorkloadTable>()),
        };
        All = [.. settings.Workloads.OrderBy(options => options.Name, StringComparer.Ordinal).Select(options => new Workload(options, this, _context))];
        _prefixes =
        [
            .. All.SelectMany(workload => workload.Options.ServicePrefixes.Select(prefix => (PathPrefix: "/" + prefix, Workload: workload))).OrderByDescending(one => one.PathPrefix.Length),
        ];
    }

    /// <summary>All of them, by name.</summary>
    public IReadOnlyList<Workload> All { get; }

    /// <summary>Says of a path (<c>/shop.v1.Catalog/Get</c>) whether descriptors declare it NO_SIDE_EFFECTS, so that it may be sent twice; null: nothing is known. Set by the node before it takes calls.</summary>
    public Func<string, bool>? IsSideEffectFree { get; set; }

    /// <summary>Where calls go that no replica takes, if anywhere: set by <see cref="WorkloadRouter"/>.</summary>
    internal IUpstreamRouter? Otherwise { get; set; }

    /// <summary>Raised when a workload begins to take calls or has no well replica any more, on the thread that changed it.</summary>
    public event Action? ServingChanged;

    /// <summary>The workload of a method; null: it is none's.</summary>
    /// <param name="path"><c>/package.Service/Method</c>.</param>
    public Workload? Find(string path)
    {
        foreach (var (prefix, workload) in _prefixes)
        {
            if (path.StartsWith(prefix, StringComparison.Ordinal))
            {
                return workload;
            }
        }

        return null;
    }

    /// <summary>A workload by its name; null: there is none.</summary>
    public Workload? FindByName(string name) => All.FirstOrDefault(workload => workload.Options.Name == name);

    /// <summary>Starts all, as they were asked to be last; does not wait for them to become well.</summary>
    /// <exception cref="Storage.DataDirectoryException">What was asked last cannot be read.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _context.Intents.Read(All.Select(workload => workload.Options));
        return Task.WhenAll(All.Select(workload => workload.BeginAsync(cancellationToken)));
    }

    /// <summary>Drains and stops all.</summary>
    /// <param name="cancellationToken">Cuts what is left of drains and graces: processes are killed at once.</param>
    public Task StopAsync(CancellationToken cancellationToken) => Task.WhenAll(All.Select(workload => workload.EndAsync(cancellationToken)));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        foreach (var workload in All)
        {
            workload.Dispose();
        }

        _processes.Dispose();
        _context.Intents.Dispose();
    }

    internal void NoteServing() => ServingChanged?.Invoke();
}
