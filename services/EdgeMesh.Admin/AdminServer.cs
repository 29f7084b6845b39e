using System.Net;
using EdgeMesh.Admin.Access;
using EdgeMesh.Admin.Configuration;
using EdgeMesh.Admin.Drain;
using EdgeMesh.Admin.Health;
using EdgeMesh.Admin.Listening;
using EdgeMesh.Introspection;
using EdgeMesh.Relay.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Admin;

/// <summary>The second server of a node, apart from that of its data: health, metrics and control, for who administers it.</summary>
/// <remarks>
/// HTTP/1.1 and HTTP/2 on one port, with or without TLS. It has services of its own; what it shares with the node is given to it as
/// instances. Endpoints are health, reflection, and every registered <see cref="IAdminEndpoints"/>; before all of them stands the
/// <see cref="AccessGate"/>. Owned by the node, which starts it last and stops it last, so that a node can be asked how it is for as long
/// as it is there.
/// </remarks>
public sealed class AdminServer : IAsyncDisposable
{
    // What is asked here is short; a stream to a node that stops has nothing more to say.
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(5);

    private readonly WebApplication _app;

    private AdminServer(WebApplication app)
    {
        _app = app;
        Address = NodeHost.GetAddress(app);
    }

    /// <summary>Where it listens: the chosen port in place of 0.</summary>
    public Uri Address { get; }

    /// <summary>Starts it.</summary>
    /// <param name="options">Where it listens.</param>
    /// <param name="logging">Where logs go.</param>
    /// <param name="configure">Registers endpoints and what they need.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ListenException">The address cannot be listened on.</exception>
    public static async Task<AdminServer> StartAsync(
        AdminServerOptions options, Action<ILoggingBuilder> logging, Action<IServiceCollection> configure, CancellationToken cancellationToken)
    {
        var builder = NodeHost.CreateEmptyBuilder(logging, ShutdownTimeout);
        builder.Services.AddSingleton(options.Time);
        builder.Services.AddSingleton(options.Health);
        builder.Services.AddSingleton(options.Drain);
        builder.Services.AddSingleton(options.Configuration);
        builder.Services.AddGrpc();
        builder.Services.AddReflection(options.Services);
        builder.Services.AddSingleton<IAdminEndpoints, HealthEndpoints>();
        builder.Services.AddSingleton<IAdminEndpoints, DrainEndpoints>();
        builder.Services.AddSingleton<IAdminEndpoints, ConfigurationEndpoints>();
        configure(builder.Services);
        Listen(builder, options);
        var app = builder.Build();
        try
        {
            app.UseRouting();
            new AccessGate(IPAddress.IsLoopback(options.EndPoint.Address) ? GateKind.LocalAdmin : GateKind.RemoteAdmin, options.Authenticator).Use(app);
            app.MapNodeIntrospection();
            foreach (var endpoints in app.Services.GetServices<IAdminEndpoints>())
            {
                endpoints.Map(app);
            }

            AccessGate.CheckAll(app);
            await NodeHost.StartAsync(app, "--admin-listen", options.EndPoint, cancellationToken).ConfigureAwait(false);
            return new AdminServer(app);
        }
        catch
        {
            await app.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Lets running calls finish, within 5 s, and stops.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _app.StopAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static void Listen(WebApplicationBuilder builder, AdminServerOptions options)
    {
        if (options.Tls?.Current.Certificate is null)
        {
            builder.Services.AddSingleton<IConnectionListenerFactory, HttpVersionSplitter>();
        }

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            if (options.Tls is { Current.Certificate: not null } tls)
            {
                kestrel.Listen(options.EndPoint, listener =>
                {
                    listener.Protocols = HttpProtocols.Http1AndHttp2;
                    NodeHost.UseTls(listener, tls);
                });
                return;
            }

            foreach (var version in (HttpProtocols[])[HttpProtocols.Http1, HttpProtocols.Http2])
            {
                kestrel.Listen(new HttpVersionEndPoint(options.EndPoint, version), listener => listener.Protocols = version);
            }
        });
    }
}
