using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using EdgeMesh.Downstream;
using EdgeMesh.Downstream.ControlStream;
using EdgeMesh.Relay;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.V1;
using EdgeMesh.Workloads;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.LocalZone;

/// <summary>What a Local Zone does beside what all nodes below a Region do: it runs workloads, and answers calls to them while its group is opted into.</summary>
/// <remarks>Owns the workloads. <see cref="Learn"/> is called by the link's thread alone; all else is thread-safe.</remarks>
internal sealed class LocalZoneParts : DownstreamParts, IAsyncDisposable
{
    private readonly ILoggerFactory _log;
    private readonly Placement _placement;
    private readonly WorkloadTable _workloads;
    private volatile FrozenSet<string> _sideEffectFree = [];
    private Action _reportNow = static () => { };

    /// <summary>Starts nothing yet.</summary>
    /// <param name="options">Checked.</param>
    /// <param name="logging">Where logs go.</param>
    /// <exception cref="Storage.DataDirectoryException">The data directory cannot be used.</exception>
    public LocalZoneParts(LocalZoneOptions options, Action<ILoggingBuilder> logging)
    {
        _log = LoggerFactory.Create(logging);
        try
        {
            _placement = new Placement(options.Name, options.ZoneGroup, options.DataDirectory is { } data ? PlacementFile.Open(data) : null, _log.CreateLogger<Placement>());
            _workloads = new WorkloadTable(options.WorkloadSettings, TimeProvider.System, _log) { IsSideEffectFree = path => _sideEffectFree.Contains(path) };
        }
        catch
        {
            _log.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override IUpstreamRouter Router(IUpstreamRouter others, Upstream next) => new ZoneRouter(_placement, new WorkloadRouter(_workloads, others), others);

    /// <inheritdoc/>
    public override void AddServices(IServiceCollection services) => services.AddWorkloads(_workloads);

    /// <inheritdoc/>
    public override void Started(IServiceProvider services)
    {
        _reportNow = services.GetRequiredService<RegionLink>().ReportNow;
        LocalZoneMeters.Create(services.GetRequiredService<IMeterFactory>(), _placement);
    }

    /// <inheritdoc/>
    public override void Learn(JoinResponse topology)
    {
        _sideEffectFree = topology.Methods.Where(method => method.SideEffectFree).Select(method => $"/{method.Method}").ToFrozenSet(StringComparer.Ordinal);
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
        _log.Dispose();
    }
}
