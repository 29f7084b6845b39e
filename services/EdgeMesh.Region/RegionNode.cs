using System.Diagnostics.Metrics;
using EdgeMesh.Admin;
using EdgeMesh.Admin.Access;
using EdgeMesh.Admin.Configuration;
using EdgeMesh.Admin.Drain;
using EdgeMesh.Admin.Metrics;
using EdgeMesh.Introspection;
using EdgeMesh.Latency.Reports;
using EdgeMesh.Probing;
using EdgeMesh.Probing.Answers;
using EdgeMesh.Probing.Mesh;
using EdgeMesh.Probing.Peers;
using EdgeMesh.Probing.Reports;
using EdgeMesh.Region.Log;
using EdgeMesh.Region.Measurements;
using EdgeMesh.Region.Policies;
using EdgeMesh.Region.Tokens;
using EdgeMesh.Region.Topology;
using EdgeMesh.Region.Zones;
using EdgeMesh.Relay;
using EdgeMesh.Relay.Coherence;
using EdgeMesh.Relay.Hosting;
using EdgeMesh.Relay.Telemetry;
using EdgeMesh.Storage;
using EdgeMesh.V1;
using EdgeMesh.Workloads;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EdgeMesh.Region;

/// <summary>A running Region: object store, topology, and the front of the user's own services.</summary>
/// <remarks>Owns all that it starts; disposing of it stops it.</remarks>
public sealed class RegionNode : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly AdminServer _admin;
    private readonly NodeDrain _drain;
    private readonly ObjectStore _store;
    private readonly OriginRouter _router;
    private readonly OriginChannels _channels;
    private readonly WorkloadTable _workloads;
    private readonly ILoggerFactory _storeLog;
    private readonly NodeTls _tls;
    private readonly FileWatch? _tokenFile;

    private RegionNode(WebApplication app, AdminServer admin, NodeDrain drain, ILoggerFactory storeLog, ObjectStore store, WorkloadTable workloads, OriginRouter router, OriginChannels channels, NodeTls tls, FileWatch? tokenFile)
    {
        _app = app;
        _tls = tls;
        _tokenFile = tokenFile;
        _admin = admin;
        _drain = drain;
        _storeLog = storeLog;
        _store = store;
        _workloads = workloads;
        _router = router;
        _channels = channels;
        Address = NodeHost.GetAddress(app);
        Failure = NodeHost.WhenLoopFails(app);
    }

    /// <summary>Where it listens: the chosen port in place of 0.</summary>
    public Uri Address { get; }

    /// <summary>Where its admin listener is.</summary>
    public Uri AdminAddress => _admin.Address;

    /// <inheritdoc cref="NodeHost.WhenLoopFails"/>
    public Task<Exception> Failure { get; }

    /// <inheritdoc cref="StartAsync(RegionOptions, Action{ILoggingBuilder}, NodeConfiguration, CancellationToken)"/>
    public static Task<RegionNode> StartAsync(RegionOptions options, Action<ILoggingBuilder> logging, CancellationToken cancellationToken) =>
        StartAsync(options, logging, NodeConfiguration.Fixed, cancellationToken);

    /// <summary>Starts a Region.</summary>
    /// <param name="options">What it is told.</param>
    /// <param name="logging">Where logs go.</param>
    /// <param name="configuration">The configuration of the process, for the node's administrators.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OptionsValidationException">Options are wrong; one line a fault.</exception>
    /// <exception cref="DataDirectoryException">The data directory cannot be used.</exception>
    /// <exception cref="ListenException">An address cannot be listened on.</exception>
    public static async Task<RegionNode> StartAsync(RegionOptions options, Action<ILoggingBuilder> logging, NodeConfiguration configuration, CancellationToken cancellationToken)
    {
        // 1. Everything that can be wrong before a port is taken.
        var (endPoint, adminEndPoint, checkedTls) = options.Validate();
        var time = TimeProvider.System;
        var tls = new NodeTls(options.TlsFiles, checkedTls, time, logging);
        var builder = NodeHost.CreateBuilder(endPoint, tls, logging, options.ShutdownTimeout);
        var storeOptions = new ObjectStoreOptions { DataDirectory = options.DataDirectory, DefaultCacheControl = options.DefaultCacheControl ?? ObjectStoreOptions.StandardCacheControl, LogRetention = new() { States = LogKinds.States } };

        //    The store is opened before the server is built and closed after it is gone: its log is its own.
        var storeLog = LoggerFactory.Create(logging);
        var store = await OpenStoreAsync(storeOptions, time, storeLog, tls, cancellationToken).ConfigureAwait(false);
        FileWatch? tokenFile = null;
        var router = new OriginRouter(options.Name, options.Origins);
        var workloads = new WorkloadTable(options.WorkloadSettings, time, storeLog);
        var channels = new OriginChannels(options.Origins);
        WebApplication? app = null;
        try
        {
            var tokens = TokenStore.Open(options.DataDirectory, time);
            var zoneGroups = ZoneGroups.Open(options.DataDirectory, options.ZoneGroups);
            var table = new TokenTable();
            tokens.Changed += table.Replace;
            tokenFile = WatchTokenFile(options.EdgeTokenFile, tokens, time, storeLog.CreateLogger<TokenStore>());
            var authenticator = new Authenticator(table, () => tls.Current.ClientAuthorities);

            var regionLog = new RegionLog(store.Log, storeLog.CreateLogger<RegionLog>());

            // 2. The Region's own services.
            var relayOptions = new RelayOptions { NodeName = options.Name, NodeDescription = $"Region {options.Name}", AccessLog = options.AccessLog, Log = regionLog.Feed };
            var relay = new RelayHandler(relayOptions, new WorkloadRouter(workloads, router), store: null, time);
            var services = builder.Services;
            services.AddGrpc();
            services.AddSingleton(time);
            services.AddSingleton(store);
            services.AddSingleton(regionLog);
            services.AddSingleton(provider => new PolicyState(regionLog, provider.GetRequiredService<DescribedMethods>().Read));
            services.AddHostedService<PolicyUpkeep>();
            services.AddWorkloads(workloads);
            services.AddNodeIntrospection((_, introspection) =>
            {
                introspection.Services.Add(ObjectStoreService.Descriptor);
                introspection.Services.Add(TopologyService.Descriptor);
                introspection.Services.Add(LatencyService.Descriptor);
                introspection.Services.Add(InvalidationService.Descriptor);
                introspection.Services.Add(PolicyService.Descriptor);
                introspection.Services.Add(WorkloadService.Descriptor);
                introspection.Services.Add(MeshService.Descriptor);
                introspection.Services.Add(ZoneService.Descriptor);
                introspection.Services.Add(AdminService.Descriptor);
                introspection.UpstreamHealth = new UpstreamHealth(service => workloads.Find("/" + service) is { } workload ? new HealthRoute(workload.Upstream.Description, workload.Invoker) : channels.FindHealth(service));
                foreach (var origin in FindDescriptors(channels, workloads))
                {
                    introspection.Origins.Add(origin);
                }
            });
            services.AddSingleton(provider => new TopologyOptions
            {
                RegionName = options.Name,
                Version = options.Version,
                Position = options.Position,
                Jurisdiction = options.Jurisdiction ?? "",
                Report = () => NodeReports.Read(relay.Counters, store: null, provider.GetRequiredService<NodeHealth>().IsDraining),
            });
            services.AddSingleton<ClientReports>();
            services.AddProbes(relay.Counters, provider => new ReflectorFacts
            {
                Node = options.Name,
                Region = () => options.Name,
                IsDraining = () => provider.GetRequiredService<NodeHealth>().IsDraining,
                Capacity = options.Capacity,
                Coordinate = () => provider.GetRequiredService<Prober>().Coordinate,
                Neighbours = most => provider.GetRequiredService<Prober>().Neighbours(most),
            });
            MeshGrpcService.Add(services);
            services.AddProber(new ProbingOptions { Node = options.Name, Interval = options.ProbeInterval, CreateHandler = peer => ProbeHandler.Create(peer, tls) });
            services.AddSingleton<MatrixState>();
            services.AddSingleton<ClientsState>();
            services.AddSingleton(provider => new Objectives(options.LatencyObjective, provider.GetRequiredService<ClientsState>()));
            services.AddHostedService<RegionMeasuring>();
            services.AddSingleton<Func<IReadOnlyList<MethodShape>>>(provider => () => PolicyShapes.Join(provider.GetRequiredService<MethodShapes>().Current, provider.GetRequiredService<PolicyState>().Current.Policy));
            services.AddSingleton<TopologyState>();
            services.AddSingleton(tokens);
            services.AddSingleton(zoneGroups);
            services.AddSingleton(configuration);
            services.AddSingleton(provider => new NodeDrain(provider.GetRequiredService<NodeHealth>(), app!.StopAsync));

            // 3. The relay stands before them: what an origin's prefix begins goes there as bytes. Probes are no calls of users, and answered before it.
            app = builder.Build();
            app.UseProbes();
            ReportGrpcService.Use(app);
            MeshGrpcService.Use(app);
            relay.Use(app);
            app.UseRouting();
            new AccessGate(GateKind.Data, authenticator).Use(app);
            app.MapGrpcService<ObjectStoreGrpcService>();
            new RegionAdminEndpoints().Map(app);
            app.MapNodeIntrospection();
            var topology = app.Services.GetRequiredService<TopologyState>();
            tokens.Changed += topology.SetTokens;
            zoneGroups.Changed += topology.SetZoneGroups;
            topology.SetZoneGroups(zoneGroups.Current);
            table.Replace(tokens.ReadDigests());
            topology.SetTokens(tokens.ReadDigests());
            var shapes = app.Services.GetRequiredService<MethodShapes>();
            shapes.Changed += topology.RefreshMethods;
            app.Services.GetRequiredService<PolicyState>().Changed += topology.RefreshMethods;
            shapes.Changed += () => relay.Methods.Declare(shapes.Current);
            relay.Methods.Declare(shapes.Current);
            workloads.IsSideEffectFree = relay.Methods.IsSideEffectFree;
            var health = app.Services.GetRequiredService<NodeHealth>();
            health.Changed += () => topology.SetRegionDraining(health.IsDraining);
            await NodeHost.StartAsync(app, "--listen", endPoint, cancellationToken).ConfigureAwait(false);
            topology.SetRegionAddress(options.AdvertisedAddress ?? NodeHost.GetAddress(app).GetLeftPart(UriPartial.Authority));

            var meters = app.Services.GetRequiredService<IMeterFactory>();
            RegionMeters.Create(meters, topology, store, regionLog.Feed);
            WorkloadMeters.Create(meters, workloads);
            ProbingMeters.Create(meters, app.Services.GetRequiredService<Prober>(), app.Services.GetRequiredService<ProbeReflector>(), app.Services.GetRequiredService<ProbeStreamSlots>());

            // 4. The admin server, beside the data's.
            var shared = app.Services;
            var drain = shared.GetRequiredService<NodeDrain>();
            var adminOptions = new AdminServerOptions
            {
                EndPoint = adminEndPoint,
                Tls = tls,
                Health = shared.GetRequiredService<NodeHealth>(),
                Drain = drain,
                Configuration = configuration,
                Authenticator = authenticator,
                Services = [AdminService.Descriptor, TopologyService.Descriptor, LatencyService.Descriptor, InvalidationService.Descriptor, PolicyService.Descriptor, WorkloadService.Descriptor, ZoneService.Descriptor],
                Time = time,
            };
            void Share(IServiceCollection admin) => admin
                .AddSingleton(tokens)
                .AddSingleton(zoneGroups)
                .AddSingleton(store)
                .AddSingleton(topology)
                .AddSingleton(regionLog)
                .AddSingleton(workloads)
                .AddSingleton(shared.GetRequiredService<PolicyState>())
                .AddSingleton(shared.GetRequiredService<MatrixState>())
                .AddSingleton(shared.GetRequiredService<ClientsState>())
                .AddSingleton(shared.GetRequiredService<Objectives>())
                .AddSingleton(shared.GetRequiredService<TopologyOptions>())
                .AddSingleton<IAdminEndpoints, RegionAdminEndpoints>()
                .AddMetricsEndpoints(meters, options.Name, options.Version);

            var admin = await AdminServer.StartAsync(adminOptions, logging, Share, cancellationToken).ConfigureAwait(false);
            return new RegionNode(app, admin, drain, storeLog, store, workloads, router, channels, tls, tokenFile);
        }
        catch
        {
            if (app is not null)
            {
                await app.DisposeAsync().ConfigureAwait(false);
            }

            await workloads.DisposeAsync().ConfigureAwait(false);
            tokenFile?.Dispose();
            tls.Dispose();
            channels.Dispose();
            router.Dispose();
            await store.DisposeAsync().ConfigureAwait(false);
            storeLog.Dispose();
            throw;
        }
    }

    /// <summary>Sends calls to these origins from now on; those that run end where they began. Not to be called twice at once.</summary>
    /// <param name="origins">All of them, those that stay included; checked as <see cref="RegionOptions"/> are.</param>
    /// <exception cref="DescriptorException">A descriptor set cannot be used; nothing was replaced.</exception>
    public void ReplaceOrigins(IReadOnlyList<OriginOptions> origins)
    {
        _channels.Replace(origins);
        _app.Services.ReplaceOrigins(FindDescriptors(_channels, _workloads));
        _router.Replace(origins);
    }

    /// <summary>Follows these certificates from now on, or the same ones as their files are now; calls that run are not touched.</summary>
    /// <exception cref="OptionsValidationException">They cannot be used: those from before stay in force.</exception>
    public void SetTls(TlsFiles files) => _tls.Follow(files);

    /// <summary>Changes <see cref="RegionOptions.DefaultCacheControl"/>.</summary>
    public void SetDefaultCacheControl(string? value) => _store.SetDefaultCacheControl(value ?? ObjectStoreOptions.StandardCacheControl);

    /// <summary>Changes how long running calls may go on after a stop is asked for.</summary>
    public void SetShutdownTimeout(TimeSpan value) => NodeHost.SetShutdownTimeout(_app, value);

    /// <summary>Lets running calls finish, within the shutdown timeout, and stops.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _drain.RunAsync(cancellationToken).ConfigureAwait(false);
        await _admin.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _admin.DisposeAsync().ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        await _workloads.DisposeAsync().ConfigureAwait(false);
        _tokenFile?.Dispose();
        _tls.Dispose();
        _channels.Dispose();
        _router.Dispose();
        await _store.DisposeAsync().ConfigureAwait(false);
        _storeLog.Dispose();
    }

    private static IEnumerable<OriginDescriptors> FindDescriptors(OriginChannels origins, WorkloadTable workloads) =>
    [
        .. from workload in workloads.All
           where workload.Options.Reflection
           from prefix in workload.Options.ServicePrefixes
           select new OriginDescriptors { ServicePrefix = prefix, Name = workload.Upstream.Description, Reflection = workload.Invoker },
        .. origins.FindDescriptors(),
    ];

    /// <summary>Puts the token of a file in service, and each that the file holds later in place of it.</summary>
    private static FileWatch? WatchTokenFile(string? path, TokenStore tokens, TimeProvider time, ILogger log)
    {
        if (path is null)
        {
            return null;
        }

        TokenFiles.ReadOrCreate(path);
        var watch = new FileWatch([path], time, () => TakeOver(TokenFiles.TryRead(path)));
        TakeOver(TokenFiles.ReadOrCreate(path));
        return watch;

        void TakeOver(string? text)
        {
            if (text is null || !TokenText.TryReadId(text, out var id))
            {
                log.FileTokenUnreadable(path);
                return;
            }

            tokens.SetFromFile(text);
            log.FileTokenChanged(path, id);
        }
    }

    private static async Task<ObjectStore> OpenStoreAsync(ObjectStoreOptions options, TimeProvider time, ILoggerFactory log, NodeTls tls, CancellationToken cancellationToken)
    {
        try
        {
            return await ObjectStore.OpenAsync(options, time, log.CreateLogger<ObjectStore>(), cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            log.Dispose();
            tls.Dispose();
            throw;
        }
    }
}
