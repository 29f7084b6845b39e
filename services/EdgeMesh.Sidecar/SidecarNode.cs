using System.Diagnostics.Metrics;
using System.Net.Sockets;
using EdgeMesh.Admin;
using EdgeMesh.Admin.Access;
using EdgeMesh.Admin.Configuration;
using EdgeMesh.Admin.Drain;
using EdgeMesh.Admin.Health;
using EdgeMesh.Admin.Metrics;
using EdgeMesh.Client;
using EdgeMesh.Introspection;
using EdgeMesh.Relay;
using EdgeMesh.Relay.Hosting;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EdgeMesh.Sidecar;

/// <summary>A running sidecar: programs of its machine call it, and it carries their calls to the nearest well node of a mesh.</summary>
/// <remarks>
/// The data plane of every node, without a store, over <see cref="EdgeMeshHandler"/>: so that bytes pass unchanged, and calls that may be sent again are. It is no member of the mesh. Owns all
/// that it starts; disposing of it stops it. Takes calls from its first moment; until a node has told of the mesh they wait, or are UNAVAILABLE with what each address said.
/// </remarks>
public sealed class SidecarNode : IAsyncDisposable
{
    /// <summary>Stands for whichever node is chosen: the handler looks at paths alone.</summary>
    private static readonly Uri AnyNode = new("http://mesh");

    private readonly WebApplication _app;
    private readonly AdminServer _admin;
    private readonly NodeDrain _drain;
    private readonly NodeTls _tls;

    private SidecarNode(WebApplication app, AdminServer admin, NodeDrain drain, NodeTls tls)
    {
        _app = app;
        _admin = admin;
        _drain = drain;
        _tls = tls;
        Address = NodeHost.GetAddress(app);
        Failure = NodeHost.WhenLoopFails(app);
    }

    /// <summary>Where it listens: the chosen port in place of 0; <c>unix:///path</c> for a socket file.</summary>
    public Uri Address { get; }

    /// <summary>Where its admin listener is.</summary>
    public Uri AdminAddress => _admin.Address;

    /// <inheritdoc cref="NodeHost.WhenLoopFails"/>
    public Task<Exception> Failure { get; }

    /// <summary>Starts a sidecar.</summary>
    /// <param name="options">What it is told.</param>
    /// <param name="logging">Where logs go.</param>
    /// <param name="configuration">The configuration of the process, for the node's administrators.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OptionsValidationException">Options are wrong; one line a fault.</exception>
    /// <exception cref="ListenException">An address cannot be listened on.</exception>
    public static async Task<SidecarNode> StartAsync(SidecarOptions options, Action<ILoggingBuilder> logging, NodeConfiguration configuration, CancellationToken cancellationToken)
    {
        var (endPoint, adminEndPoint, checkedTls) = options.Validate();
        var time = TimeProvider.System;
        var tls = new NodeTls(options.TlsFiles, checkedTls, time, logging);
        WebApplication? app = null;
        try
        {
            // 1. The mesh, as one upstream whose connections are made as those between nodes.
            var builder = NodeHost.CreateBuilder(endPoint, tls, logging, options.ShutdownTimeout);
            builder.Services.AddGrpc();
            builder.Services.AddSingleton(time);
            builder.Services.AddSingleton(provider => new EdgeMeshHandler(new EdgeMeshClientOptions
            {
                Bootstrap = options.Mesh,
                Position = options.Position,
                Sticky = options.Sticky is { } name ? StickyOptions.ByMetadata(name) : null,
                CreateHandler = node => UpstreamTls.With(UpstreamHandler.CreateForNode(), node, tls),
                MeterFactory = provider.GetRequiredService<IMeterFactory>(),
            }));
            builder.Services.AddSingleton(provider => GrpcChannel.ForAddress(AnyNode, new GrpcChannelOptions { HttpHandler = provider.GetRequiredService<EdgeMeshHandler>() }));
            builder.Services.AddNodeIntrospection((provider, introspection) => introspection.UpstreamHealth = new UpstreamHealth(_ => new HealthRoute("the mesh", provider.GetRequiredService<GrpcChannel>().CreateCallInvoker())));
            builder.Services.AddSingleton<IHostedService>(provider => new RouteWatch(provider.GetRequiredService<EdgeMeshHandler>().ReadNodes, time, provider.GetRequiredService<ILogger<RouteWatch>>()));
            app = builder.Build();
            var handler = app.Services.GetRequiredService<EdgeMeshHandler>();
            var mesh = new Upstream("the mesh", AnyNode, new HttpMessageInvoker(handler, disposeHandler: false));

            // 2. The relay stands before the one service of its own, health.
            var relayOptions = new RelayOptions { NodeName = options.Name, NodeDescription = $"sidecar {options.Name}", IsTransparent = true, AccessLog = options.AccessLog };
            new RelayHandler(relayOptions, new MeshRouter(mesh), store: null, time).Use(app);
            app.UseRouting();
            app.MapGrpcService<HealthGrpcService>();
            if (endPoint is UnixDomainSocketEndPoint file)
            {
                await SocketFile.RemoveIfDeadAsync(file, cancellationToken).ConfigureAwait(false);
            }

            await NodeHost.StartAsync(app, "--listen", endPoint, cancellationToken).ConfigureAwait(false);

            // 3. The admin server, beside the data's.
            var drain = new NodeDrain(app.Services.GetRequiredService<NodeHealth>(), app.StopAsync);
            var adminOptions = new AdminServerOptions
            {
                EndPoint = adminEndPoint,
                Tls = tls,
                Health = app.Services.GetRequiredService<NodeHealth>(),
                Drain = drain,
                Configuration = configuration,
                Authenticator = new Authenticator(new TokenTable(), () => tls.Current.ClientAuthorities),
                Services = [AdminService.Descriptor, RouteService.Descriptor],
                Time = time,
            };
            var meters = app.Services.GetRequiredService<IMeterFactory>();
            var notes = new ReadinessNotes(() => [Describe(handler.ReadNodes())]);
            void AddEndpoints(IServiceCollection endpoints) =>
                endpoints.AddSingleton(notes).AddSingleton(handler).AddSingleton(options).AddSingleton<IAdminEndpoints, SidecarEndpoints>().AddMetricsEndpoints(meters, options.Name, options.Version);

            var admin = await AdminServer.StartAsync(adminOptions, logging, AddEndpoints, cancellationToken).ConfigureAwait(false);
            return new SidecarNode(app, admin, drain, tls);
        }
        catch
        {
            if (app is not null)
            {
                await app.DisposeAsync().ConfigureAwait(false);
            }

            tls.Dispose();
            throw;
        }
    }

    /// <summary>Follows these certificates from now on, or the same ones as their files are now; calls that run are not touched.</summary>
    /// <exception cref="OptionsValidationException">They cannot be used: those from before stay in force.</exception>
    public void SetTls(TlsFiles files) => _tls.Follow(files);

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
        _tls.Dispose();
    }

    private static string Describe(IReadOnlyList<NodeStatus> nodes) =>
        nodes.FirstOrDefault(node => node.IsHome) is { } home ? $"calls go to {home.Name}; {nodes.Count(node => !node.IsEjected)} of {nodes.Count} nodes take calls" : "no node told who is in the mesh";
}
