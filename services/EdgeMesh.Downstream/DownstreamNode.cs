using System.Diagnostics.Metrics;
using EdgeMesh.Admin;
using EdgeMesh.Admin.Access;
using EdgeMesh.Admin.Configuration;
using EdgeMesh.Admin.Drain;
using EdgeMesh.Admin.Health;
using EdgeMesh.Admin.Metrics;
using EdgeMesh.Caching;
using EdgeMesh.Downstream.ControlStream;
using EdgeMesh.Introspection;
using EdgeMesh.Latency.Reports;
using EdgeMesh.Probing;
using EdgeMesh.Probing.Answers;
using EdgeMesh.Probing.Mesh;
using EdgeMesh.Probing.Messages;
using EdgeMesh.Probing.Peers;
using EdgeMesh.Probing.Reports;
using EdgeMesh.Relay;
using EdgeMesh.Relay.Cache;
using EdgeMesh.Relay.Coherence;
using EdgeMesh.Relay.Hosting;
using EdgeMesh.Relay.Policies;
using EdgeMesh.Relay.Telemetry;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EdgeMesh.Downstream;

/// <summary>A running node below a Region: relays what it does not answer itself to the next node, and answers what it has in its cache.</summary>
/// <remarks>
/// Owns all that it starts; disposing of it stops it. Serves from its first moment, whether the Region is there or not:
/// what it cannot answer is UNAVAILABLE until the Region is.
/// </remarks>
public abstract class DownstreamNode : IAsyncDisposable
{
    private readonly RunningNode _running;
    private readonly WebApplication _app;
    private readonly AdminServer _admin;

    private protected DownstreamNode(RunningNode running)
    {
        _running = running;
        _app = running.App;
        _admin = running.Admin;
        Address = NodeHost.GetAddress(_app);
        Failure = NodeHost.WhenLoopFails(_app);
    }

    /// <summary>Where it listens: the chosen port in place of 0.</summary>
    public Uri Address { get; }

    /// <summary>Where its admin listener is.</summary>
    public Uri AdminAddress => _admin.Address;

    /// <inheritdoc cref="NodeHost.WhenLoopFails"/>
    public Task<Exception> Failure { get; }

    /// <inheritdoc cref="RelayHandler.PolicyChanged"/>
    public event Action<ulong> PolicyChanged
    {
        add => _running.Relay.PolicyChanged += value;
        remove => _running.Relay.PolicyChanged -= value;
    }

    /// <inheritdoc cref="Prober.Sent"/>
    public long ProbesSent => _app.Services.GetRequiredService<Prober>().Sent;

    /// <inheritdoc cref="Prober.Lost"/>
    public long ProbesLost => _app.Services.GetRequiredService<Prober>().Lost;

    /// <summary>Starts a node.</summary>
    /// <param name="options">What it is told.</param>
    /// <param name="parts">What its kind adds.</param>
    /// <param name="logging">Where logs go.</param>
    /// <param name="configuration">The configuration of the process, for the node's administrators.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OptionsValidationException">Options are wrong; one line a fault.</exception>
    /// <exception cref="ListenException">An address cannot be listened on.</exception>
    private protected static async Task<RunningNode> RunAsync(DownstreamOptions options, DownstreamParts parts, Action<ILoggingBuilder> logging, NodeConfiguration configuration, CancellationToken cancellationToken)
    {
        // 1. The relay: calls to the Region on connections of their own, answers in the store.
        var (endPoint, adminEndPoint, checkedTls, joinAddress) = options.Validate();
        var time = TimeProvider.System;
        var trace = options.StartTrace(time);
        var tls = new NodeTls(options.TlsFiles, checkedTls, time, logging);
        var handler = UpstreamTls.With(UpstreamHandler.CreateForNode(), options.Next, tls);
        var region = new Upstream(options.NextText, options.Next, new HttpMessageInvoker(handler)) { IsNode = true, Via = options.Name };
        var store = new SlabStore(options.StoreOptions, time);
        var log = new AppliedLog(store);
        var relayOptions = new RelayOptions { NodeName = options.Name, NodeDescription = $"{options.KindText} {options.Name}", AccessLog = options.AccessLog, Trace = trace, Applied = log, NamesUpstreamNodes = parts.NamesUpstreamNodes };
        var relay = new RelayHandler(relayOptions, parts.Router(new RegionRouter($"{options.KindText} {options.Name}", region), region), store, time);
        PolicyFollower.Follow(log, relay);
        var channel = GrpcChannel.ForAddress(options.Next, new GrpcChannelOptions { HttpHandler = UpstreamTls.With(UpstreamHandler.CreateForNode(), options.Next, tls), DisposeHttpClient = true });
        var tierChannel = GrpcChannel.ForAddress(joinAddress, new GrpcChannelOptions { HttpHandler = UpstreamTls.With(UpstreamHandler.CreateForNode(), joinAddress, tls), DisposeHttpClient = true });
        IDisposable[] owned = [handler, store, channel, tierChannel, tls];
        WebApplication? app = null;
        try
        {
            // 2. Its own services: health, and its place in the mesh.
            var address = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            var builder = NodeHost.CreateBuilder(endPoint, tls, logging, options.ShutdownTimeout);
            var regionHealth = new HealthRoute(region.ToString(), channel.CreateCallInvoker());
            builder.Services.AddGrpc();
            builder.Services.AddSingleton(time);
            builder.Services.AddNodeIntrospection((_, introspection) =>
            {
                introspection.UpstreamHealth = new UpstreamHealth(service => parts.FindHealth(service) ?? regionHealth);
                if (parts.Descriptors is { Count: > 0 } own)
                {
                    foreach (var descriptors in own.Append(new OriginDescriptors { ServicePrefix = "", Name = region.ToString(), Reflection = regionHealth.Invoker }))
                    {
                        introspection.Origins.Add(descriptors);
                    }
                }
            });
            builder.Services.AddSingleton(new Random());
            builder.Services.AddSingleton<ClientReports>();
            builder.Services.AddProbes(relay.Counters, provider => new ReflectorFacts
            {
                Node = options.Name,
                Region = () => provider.GetRequiredService<RegionLink>().Topology?.Region ?? "",
                IsDraining = () => provider.GetRequiredService<NodeHealth>().IsDraining,
                Capacity = options.Capacity,
                Coordinate = () => provider.GetRequiredService<Prober>().Coordinate,
                Neighbours = most => provider.GetRequiredService<Prober>().Neighbours(most),
            });
            MeshGrpcService.Add(builder.Services);
            builder.Services.AddProber(new ProbingOptions { Node = options.Name, Interval = options.ProbeInterval, CreateHandler = peer => ProbeHandler.Create(peer, tls) });
            builder.Services.AddSingleton(provider => new RegionLinkOptions
            {
                Region = joinAddress,
                Tls = tls,
                ReadToken = options.ReadToken,
                Name = options.Name,
                Kind = options.Kind,
                ZoneGroup = options.ZoneGroup,
                Version = options.Version,
                Position = options.EffectivePosition,
                Jurisdiction = options.Jurisdiction ?? "",
                Address = address.Task,
                Applied = () => log.Position,
                Apply = log.Apply,
                Report = isFirst =>
                {
                    var report = NodeReports.Read(relay.Counters, store, provider.GetRequiredService<NodeHealth>().IsDraining);
                    report.Observations = provider.GetRequiredService<Prober>().Observe(whole: isFirst);
                    NodeReports.AddShadows(report, relay);
                    ClientLatencyMessages.Add(report.Observations, provider.GetRequiredService<ClientReports>());
                    parts.Report(report);
                    return report;
                },
            });
            parts.AddServices(builder.Services);
            builder.Services.AddSingleton<RegionLink>();
            builder.Services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<RegionLink>());

            // 3. The relay stands before them and takes all but health, and reflection where that is its own; probes are no calls of users, and answered before it.
            app = builder.Build();
            app.UseProbes();
            ReportGrpcService.Use(app);
            MeshGrpcService.Use(app);
            relay.Use(app);
            app.UseRouting();
            app.MapNodeIntrospection();
            var link = app.Services.GetRequiredService<RegionLink>();
            app.Services.GetRequiredService<NodeHealth>().Changed += link.ReportNow;
            var prober = app.Services.GetRequiredService<Prober>();
            var mesh = app.Services.GetRequiredService<MeshState>();
            var tokens = new TokenTable();
            var shapes = app.Services.GetRequiredService<MethodShapes>();
            var declaring = new Lock();
            void DeclareMethods()
            {
                // Two threads come here: the link's and that of the descriptors' upkeep. Of a method that both know, the Region's word counts, which knows the policy.
                lock (declaring)
                {
                    relay.Methods.Declare([.. (link.Topology?.Methods ?? []).Concat(shapes.Current).DistinctBy(shape => shape.Method)]);
                }
            }

            link.TopologyChanged += topology =>
            {
                DeclareMethods();
                tokens.Replace(topology.Tokens);
                prober.SetMesh(MeshNodes.Read(topology.Nodes, options.Region));
                mesh.Set(MeshMessages.Write(topology, prober.ReadCoordinates()));
                parts.Learn(topology);
            };
            shapes.Changed += DeclareMethods;
            parts.Started(app.Services, relay);
            await NodeHost.StartAsync(app, "--listen", endPoint, cancellationToken).ConfigureAwait(false);
            var listening = NodeHost.GetAddress(app);

            var meters = app.Services.GetRequiredService<IMeterFactory>();
            DownstreamMeters.Create(meters, link, store, log);
            ProbingMeters.Create(meters, prober, app.Services.GetRequiredService<ProbeReflector>(), app.Services.GetRequiredService<ProbeStreamSlots>());

            // 4. The admin server, beside the data's. Without its Region the node is ready: it serves what it has.
            var drain = new NodeDrain(app.Services.GetRequiredService<NodeHealth>(), app.StopAsync);
            var adminOptions = new AdminServerOptions
            {
                EndPoint = adminEndPoint,
                Tls = tls,
                Health = app.Services.GetRequiredService<NodeHealth>(),
                Drain = drain,
                Configuration = configuration,
                Authenticator = new Authenticator(tokens, () => tls.Current.ClientAuthorities),
                Services = [AdminService.Descriptor, TopologyService.Descriptor, .. parts.AdminServices],
                Time = time,
            };
            var notes = new ReadinessNotes(() => [link.IsJoined ? $"joined {region}" : $"{region} {(link.Refusal is { } refusal ? $"refuses this node ({refusal})" : "is away")}: this node serves what it has", .. parts.Notes()]);
            var tier = new TierOptions(options.Name, options.KindText, new TopologyService.TopologyServiceClient(tierChannel), app.Services.GetRequiredService<RegionLinkOptions>().Credentials)
            {
                Nodes = () => KnownNodes.Read(link.Topology, link.IsJoined, options.Name, () => NodeReports.Read(relay.Counters, store, app.Services.GetRequiredService<NodeHealth>().IsDraining)),
            };
            void AddEndpoints(IServiceCollection endpoints) => endpoints
                .AddSingleton(notes)
                .AddSingleton<IAdminEndpoints, AdminControlEndpoints>()
                .AddSingleton(tier)
                .AddSingleton(log.Feed)
                .AddSingleton<IAdminEndpoints, TierEndpoints>()
                .AddMetricsEndpoints(meters, options.Name, options.Version);
            void AddAll(IServiceCollection endpoints)
            {
                AddEndpoints(endpoints);
                parts.AddAdminServices(endpoints, app.Services);
            }

            var admin = await AdminServer.StartAsync(adminOptions, logging, AddAll, cancellationToken).ConfigureAwait(false);
            address.SetResult(options.AdvertisedAddress ?? listening.GetLeftPart(UriPartial.Authority));
            return new RunningNode(app, admin, drain, tls, store, relay, trace, owned);
        }
        catch
        {
            if (app is not null)
            {
                await app.DisposeAsync().ConfigureAwait(false);
            }

            await EndTraceAsync(trace).ConfigureAwait(false);
            Dispose(owned);
            throw;
        }
    }

    /// <summary>Changes <see cref="DownstreamOptions.CacheBytes"/>. Lowered, entries are evicted in the background.</summary>
    public void SetCacheBytes(long? value) => _running.Store.CapacityBytes = DownstreamOptions.Effective(value);

    /// <summary>Follows these certificates from now on, or the same ones as their files are now; calls that run are not touched.</summary>
    /// <exception cref="OptionsValidationException">They cannot be used: those from before stay in force.</exception>
    public void SetTls(TlsFiles files) => _running.Tls.Follow(files);

    /// <summary>Changes how long running calls may go on after a stop is asked for.</summary>
    public void SetShutdownTimeout(TimeSpan value) => NodeHost.SetShutdownTimeout(_app, value);

    /// <summary>Lets running calls finish, within the shutdown timeout, and stops.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _running.Drain.RunAsync(cancellationToken).ConfigureAwait(false);
        await _admin.StopAsync(cancellationToken).ConfigureAwait(false);
        await EndTraceAsync(_running.Trace).ConfigureAwait(false);
        if (_running.Trace is { Dropped: > 0 } trace)
        {
            _app.Services.GetRequiredService<ILogger<TraceRecorder>>().RequestsDropped(trace.Dropped, trace.Failure?.Message ?? "the disk was too slow");
        }
    }

    /// <inheritdoc/>
    public virtual async ValueTask DisposeAsync()
    {
        await _admin.DisposeAsync().ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        await EndTraceAsync(_running.Trace).ConfigureAwait(false);
        Dispose(_running.Owned);
        GC.SuppressFinalize(this);
    }

    private static ValueTask EndTraceAsync(TraceRecorder? trace) => trace?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static void Dispose(IEnumerable<IDisposable> owned)
    {
        foreach (var one in owned)
        {
            one.Dispose();
        }
    }
}

/// <summary>What a node that runs is made of.</summary>
internal sealed record RunningNode(WebApplication App, AdminServer Admin, NodeDrain Drain, NodeTls Tls, SlabStore Store, RelayHandler Relay, TraceRecorder? Trace, IDisposable[] Owned);
