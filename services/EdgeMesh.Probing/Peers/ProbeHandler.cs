using System.Net;
using EdgeMesh.Relay.Hosting;
using EdgeMesh.Relay.Upstreams;

namespace EdgeMesh.Probing.Peers;

/// <summary>Makes the handler of a connection to a peer: it carries one stream of small messages.</summary>
public static class ProbeHandler
{
    // The least that HTTP/2 has without asking: a peer can make a node hold no more than this.
    private const int StreamWindowBytes = 65_535;

    /// <summary>Makes one.</summary>
    /// <param name="peer">Where it will connect.</param>
    /// <param name="tls">The node's own certificate, and whom it trusts.</param>
    public static SocketsHttpHandler Create(Uri peer, NodeTls tls) => UpstreamTls.With(Create(), peer, tls);

    /// <inheritdoc cref="Create(Uri, NodeTls)"/>
    /// <remarks>It asks nothing of the environment, and sends no PINGs: probes are those. It connects for no longer than a probe is worth.</remarks>
    public static SocketsHttpHandler Create() => new()
    {
        UseCookies = false,
        UseProxy = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        ConnectTimeout = UpstreamHandler.ConnectTimeout,
        InitialHttp2StreamWindowSize = StreamWindowBytes,
    };
}
