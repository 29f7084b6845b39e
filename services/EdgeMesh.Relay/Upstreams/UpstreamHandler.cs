using System.Net;
using System.Text;

namespace EdgeMesh.Relay.Upstreams;

/// <summary>Makes the handler that carries calls to an upstream.</summary>
/// <remarks>Each property that is not the default has its reason here; a test reads them all.</remarks>
public static class UpstreamHandler
{
    /// <summary>Longest wait for a TCP and TLS handshake: three SYN retries (1 s + 2 s) fit, a black hole does not hold a call for long.</summary>
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// What upstream may send ahead on a stream. With dynamic window sizing off (it sends PINGs that foreign servers may count against
    /// us), one mebibyte lets a single stream run at 50 MB/s over 20 ms, and bounds what a slow caller makes us hold.
    /// </summary>
    public const int StreamWindowBytes = 1024 * 1024;

    /// <summary>Makes a handler for another node of the mesh, which notices within 15 s that its peer is dead; the caller disposes of it.</summary>
    /// <remarks>
    /// A connection that leads nowhere (the peer's machine or the network went without a word) would else take calls until
    /// TCP gives up, after many minutes. Origins get no PINGs: foreign servers may count them against us.
    /// </remarks>
    public static SocketsHttpHandler CreateForNode()
    {
        var handler = Create();
        handler.KeepAlivePingDelay = TimeSpan.FromSeconds(10);
        handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(5);
        handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always;
        return handler;
    }

    /// <summary>Makes a handler for an origin; the caller disposes of it.</summary>
    public static SocketsHttpHandler Create() => new()
    {
        // The cookie jar would send one user's cookie with another's call; a redirect would replay a call elsewhere; a
        // proxy from the environment must not see calls between nodes.
        UseCookies = false,
        AllowAutoRedirect = false,
        UseProxy = false,

        // Bytes are relayed as they are.
        AutomaticDecompression = DecompressionMethods.None,

        // Trace context is metadata like any other: the caller's passes unchanged.
        ActivityHeadersPropagator = null,

        // More calls than the peer allows streams on one connection open another instead of waiting.
        EnableMultipleHttp2Connections = true,
        ConnectTimeout = ConnectTimeout,
        InitialHttp2StreamWindowSize = StreamWindowBytes,

        // Metadata bytes pass unchanged: Latin-1 maps each byte to one character and back.
        RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,

        // SocketsHttpHandler joins repeated fields; the filter takes them apart again, on the wire.
        PlaintextStreamFilter = static (context, _) => ValueTask.FromResult<Stream>(new RepeatedFieldStream(context.PlaintextStream)),
    };
}
