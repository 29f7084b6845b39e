using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EdgeMesh.Relay.Hosting;

/// <summary>The web server that every kind of node is built on.</summary>
public static class NodeHost
{
    // Kestrel keeps 100 streams of a connection for reuse and makes those beyond anew: a relayed call costs 13 us with 32 in
    // flight on a connection, 17 with 128, 24 with 250, and what waits for a node that costs more the more waits never ends.
    private const int StreamsPerConnection = 128;

    // Kestrel's own for a stream. A stream that nobody reads keeps its share of the connection's: with Kestrel's 1 MiB for
    // that, two stalled uploads would stop every other call from an edge. 64 MiB takes 85, and is what a hostile
    // connection can make a node hold.
    private const int StreamWindowBytes = 768 * 1024;
    private const int ConnectionWindowBytes = 64 * 1024 * 1024;

    // A frame's worth: the streams of a connection hold 4 MiB.
    private const int ResponseBufferBytes = 16 * 1024;

    // What Kestrel calls a socket file: http://unix:/path.
    private const string SocketMark = "://unix:";

    /// <summary>Prepares a server with one HTTP/2 listener and nothing else.</summary>
    /// <param name="endPoint">Where to listen: an <see cref="IPEndPoint"/> or a <see cref="UnixDomainSocketEndPoint"/>.</param>
    /// <param name="tls">The node's; null, or without a certificate: cleartext HTTP/2 with prior knowledge.</param>
    /// <param name="logging">Where logs go.</param>
    /// <param name="shutdownTimeout">How long running calls may go on after a stop was asked for.</param>
    public static WebApplicationBuilder CreateBuilder(EndPoint endPoint, NodeTls? tls, Action<ILoggingBuilder> logging, TimeSpan shutdownTimeout)
    {
        var builder = CreateEmptyBuilder(logging, shutdownTimeout);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.Http2.MaxStreamsPerConnection = StreamsPerConnection;
            kestrel.Limits.Http2.InitialStreamWindowSize = StreamWindowBytes;
            kestrel.Limits.Http2.InitialConnectionWindowSize = ConnectionWindowBytes;

            // A relayed call has the limits of the nodes at its ends; built-in services bound each message themselves.
            kestrel.Limits.MaxRequestBodySize = null;

            // Streams rest, and requests may stall: Kestrel would end the whole connection, which a node shares among all its callers.
            kestrel.Limits.MinRequestBodyDataRate = null;

            // What a stream may hold for a caller that does not read it, before the writer is made to wait.
            kestrel.Limits.MaxResponseBufferSize = ResponseBufferBytes;

            // Bytes are what costs (32 KiB in all, Kestrel's own limit); beyond a count, Kestrel would end the connection.
            kestrel.Limits.MaxRequestHeaderCount = 1000;

            // A gRPC stream may rest for hours with unread messages in the caller's window; Kestrel would take the whole
            // connection down for it, and offers no limit per call on HTTP/2.
            kestrel.Limits.MinResponseDataRate = null;

            // Metadata bytes pass unchanged: Latin-1 maps each byte to one character and back.
            kestrel.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;
            kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
            kestrel.Listen(endPoint, listener =>
            {
                listener.Protocols = HttpProtocols.Http2;
                if (tls?.Current.Certificate is not null)
                {
                    UseTls(listener, tls);
                }
            });
        });
        return builder;
    }

    /// <summary>Prepares a server without a listener: no configuration from files or environment, no signal handlers.</summary>
    /// <param name="logging">Where logs go.</param>
    /// <param name="shutdownTimeout">How long running calls may go on after a stop was asked for.</param>
    public static WebApplicationBuilder CreateEmptyBuilder(Action<ILoggingBuilder> logging, TimeSpan shutdownTimeout)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton<IHostLifetime, OwnerLifetime>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = shutdownTimeout);
        builder.Services.AddRoutingCore();

        // The web server logs several lines a call at Information; this project logs none.
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);

        // While this category can log at all, the server makes an Activity for every call: 4 % of a hit's cost.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);

        // What a peer does to HTTP/2 ends its connection; a line for each would let it fill a disk.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel.Http2", LogLevel.None);
        logging(builder.Logging);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            var reaper = new ConnectionReaper(TimeProvider.System);
            kestrel.ConfigureEndpointDefaults(listener => listener.Use((connection, serve) => reaper.ServeAsync(connection, serve)));
        });
        return builder;
    }

    /// <summary>Has a listener serve TLS, with what is in force when a handshake begins.</summary>
    public static void UseTls(ListenOptions listener, NodeTls tls) => listener.UseHttps(new TlsHandshakeCallbackOptions
    {
        OnConnection = context => ValueTask.FromResult(tls.CreateServerOptions(context.Connection.Features)),
    });

    /// <summary>Starts a server.</summary>
    /// <param name="app">The server.</param>
    /// <param name="option">The option that chose its address.</param>
    /// <param name="endPoint">Its address.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ListenException">The address cannot be listened on.</exception>
    public static async Task StartAsync(WebApplication app, string option, EndPoint endPoint, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is SocketException or IOException { InnerException: AddressInUseException })
        {
            throw new ListenException(option, endPoint, fault);
        }
    }

    /// <summary>Tells when one of a started server's background loops has failed: the node goes on without what that loop did, such as hearing of purges, and must end.</summary>
    /// <returns>Completes with what the first one threw; never, as long as none fails.</returns>
    public static Task<Exception> WhenLoopFails(WebApplication app)
    {
        var failed = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        foreach (var loop in app.Services.GetServices<IHostedService>().OfType<BackgroundService>())
        {
            loop.ExecuteTask?.ContinueWith(
                (ended, _) => failed.TrySetResult(ended.Exception!.GetBaseException()), null, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        return failed.Task;
    }

    /// <summary>Changes how long running calls may go on after a stop is asked for.</summary>
    public static void SetShutdownTimeout(WebApplication app, TimeSpan shutdownTimeout) =>
        app.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout = shutdownTimeout;

    /// <summary>Where a started server listens: the chosen port in place of 0; <c>unix:///path</c> for a socket file.</summary>
    public static Uri GetAddress(WebApplication app)
    {
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        var path = address.IndexOf(SocketMark, StringComparison.Ordinal);
        return new Uri(path < 0 ? address : $"unix://{address[(path + SocketMark.Length)..]}");
    }

    /// <summary>Leaves starting and stopping to whoever owns the node.</summary>
    private sealed class OwnerLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
