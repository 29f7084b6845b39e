using System.Net.Security;
using System.Net.Sockets;
using EdgeMesh.Relay.Hosting;

namespace EdgeMesh.Relay.Upstreams;

/// <summary>Has connections to another node of the mesh begin with this node's certificate and trust, as they are at that time.</summary>
/// <remarks>A handler's own TLS options are fixed at its first call; one that is given a <see cref="SslStream"/> takes it as it is.</remarks>
public static class UpstreamTls
{
    /// <summary>Changes a handler that was not used yet.</summary>
    /// <param name="handler">For the scheme https alone; any other stays as it is.</param>
    /// <param name="upstream">Where it will connect.</param>
    /// <param name="tls">The node's.</param>
    /// <returns>The handler.</returns>
    public static SocketsHttpHandler With(SocketsHttpHandler handler, Uri upstream, NodeTls tls)
    {
        if (upstream.Scheme == Uri.UriSchemeHttps)
        {
            handler.ConnectCallback = (context, cancellationToken) => ConnectAsync(context, tls, cancellationToken);
        }

        return handler;
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, NodeTls tls, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken).ConfigureAwait(false);
            var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await stream.AuthenticateAsClientAsync(tls.CreateClientOptions(context.DnsEndPoint.Host), cancellationToken).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
