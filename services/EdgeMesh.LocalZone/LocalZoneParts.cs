using System.Diagnostics.Metrics;
using EdgeMesh.Admin;
using EdgeMesh.Downstream;
using EdgeMesh.Downstream.ControlStream;
using EdgeMesh.Introspection;
using EdgeMesh.Relay;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.Storage;
using EdgeMesh.V1;
using EdgeMesh.Workloads;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.LocalZone;

/// <summary>What a Local Zone does beside what all nodes below a Region do: it runs workloads, and answers calls to them while its group is opted into.</summary>
/// <remarks>Owns the workloads and the data directory. <see cref="Learn"/> is called by the link's thread alone; all else is thread-safe.</remarks>
internal sealed class LocalZoneParts : DownstreamParts, IAsyncDisposable
{
    private readonly ILoggerFactory _log;
    private readonly Placement _placement;
    private readonly WorkloadTable _workloads;
    private readonly DataDirectoryLock? _lock;
    private Action _reportNow = static () => { };

    /// <summary>Starts nothing yet.</summary>
    /// <param name="options">Checked.</param>
    /// <param name="logging">Where logs go.</param>
    /// <exception cref="DataDirectoryException">The data directory cannot be used, or another process has it.</exception>
    public LocalZoneParts(LocalZoneOptions options, Action<ILoggingBuilder> logging)
    {
        _log = LoggerFactory.Create(logging);
        try
        {
            var file = options.DataDirectory is { } data ? PlacementFile.Open(data) : null;
            _lock = file is null ? null : DataDirectoryLock.Acquire(Path.GetDirectoryName(file.Path)!);
            _placement = new Placement(options.Name, options.ZoneGroup, file, _log.CreateLogger<Placement>());
            _workloads = new WorkloadTable(options.WorkloadSettings, TimeProvider.System, _log);
        }
        catch
        {
            _lock?.Dispose();
            _log.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<Google.Protobuf.Reflection.ServiceDescriptor> AdminServices => [WorkloadService.Descriptor];

    /// <inheritdoc/>
    /// <remarks>Callers have one address, and ask whether it was the zone that answered.</remarks>
    public override bool NamesUpstreamNodes => true;

    /// <inheritdoc/>
    public override IUpstreamRouter Router(IUpstreamRouter others, Upstream next) => new ZoneRouter(_placement, new WorkloadRouter(_workloads, others), others, Descriptors.Count > 0);

    /// <inheritdoc/>
    public override void AddServices(IServiceCollection services) => services.AddWorkloads(_workloads);

    /// <inheritdoc/>
    public override void AddAdminServices(IServiceCollection services, IServiceProvider shared) =>
        services.AddSingleton(_workloads).AddSingleton<IAdminEndpoints, LocalZoneAdminEndpoints>();

    /// <inheritdoc/>
    public override IReadOnlyList<OriginDescriptors> Descriptors =>
    [
        .. from workload in _workloads.All
           where workload.Options.Reflection
           from prefix in workload.Options.ServicePrefixes
           select new OriginDescriptors { ServicePrefix = prefix, Name = workload.Upstream.Description, Reflection = workload.Invoker },
    ];

    /// <inheritdoc/>
    /// <remarks>As its calls: in the zone where the service is placed there and a replica is well, else at the parent.</remarks>
    public override HealthRoute? FindHealth(string service) =>
        _placement.IsEnabled && _workloads.Find("/" + service) is { IsServing: true } workload ? new HealthRoute(workload.Upstream.Description, workload.Invoker) : null;

    /// <inheritdoc/>
    public override void Started(IServiceProvider services, RelayHandler relay)
    {
        _workloads.IsSideEffectFree = relay.Methods.IsSideEffectFree;
        WorkloadMeters.Create(services.GetRequiredService<IMeterFactory>(), _workloads);
        _reportNow = services.GetRequiredService<RegionLink>().ReportNow;
        LocalZoneMeters.Create(services.GetRequiredService<IMeterFactory>(), _placement);
    }

    /// <inheritdoc/>
    public override void Learn(JoinResponse topology)
    {
        if (_placement.Learn(topology))
        {
            // What is placed here has changed with it.
            _reportNow();
        }
    }

    /// <inheritdoc/>
    public override void Report(NodeReport report)
    {
        if (_placement.IsEnabled)
        {
            report.PlacedServices.AddRange(_workloads.All.SelectMany(workload => workload.Options.ServicePrefixes).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Notes() => [_placement.Describe(), .. _workloads.All.Where(workload => !workload.IsServing).Select(workload => $"{workload.DescribeUnwell()}: its calls go to the Region")];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _workloads.DisposeAsync().ConfigureAwait(false);
        _lock?.Dispose();
        _log.Dispose();
    }
}
