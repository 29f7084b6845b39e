using System.Net.Sockets;
using System.Security.Authentication;
using EdgeMesh.Relay.Metadata;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.Wire;

namespace EdgeMesh.Relay.Calls;

/// <summary>Why a node answers a call itself instead of relaying an answer.</summary>
/// <param name="Code">What the caller is told.</param>
/// <param name="Message">For people; names the nodes concerned, nothing internal.</param>
/// <param name="IsUpstream">Whether upstream could not be reached or was lost.</param>
internal readonly record struct RelayFault(GrpcStatusCode Code, string Message, bool IsUpstream = false)
{
    private const long ProtocolError = 0x1;

    // .NET tells apart by words alone what upstream did to one stream and what ended the whole connection.
    private const string StreamWords = "reset the stream";

    /// <summary>The caller's time is up.</summary>
    public static RelayFault DeadlineExceeded(string node) => new(GrpcStatusCode.DeadlineExceeded, $"Deadline exceeded at {node}");

    /// <summary>The one place that turns what the upstream handler throws into a status.</summary>
    public static RelayFault FromUpstream(Exception exception, string node, Upstream upstream) => exception is UpstreamPlaceException { InnerException: { } inner } placed
        ? FromUpstream(inner, node, placed.Place)
        : FromUpstream(exception, node, upstream.ToString());

    private static RelayFault FromUpstream(Exception exception, string node, string upstream)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case InvalidMetadataException invalid:
                    return new(GrpcStatusCode.Internal, $"{node}: {upstream} sent what cannot be relayed: {invalid.Message}", IsUpstream: true);
                case HttpProtocolException { ErrorCode: ProtocolError } broken when !broken.Message.Contains(StreamWords, StringComparison.Ordinal):
                    // Also what .NET makes of a PING without an answer: nobody is there, or the way there is cut. Not INTERNAL, which clients do not try again.
                    return new(GrpcStatusCode.Unavailable, $"{node} lost {upstream}: it left a PING without an answer, or broke the rules of HTTP/2", IsUpstream: true);
                case HttpProtocolException { ErrorCode: var code }:
                    return new(StatusMapping.FromHttp2Error(code), $"{node}: {upstream} reset the call (HTTP/2 error 0x{code:x})", IsUpstream: true);
                case SocketException socket:
                    return Unreachable(socket.SocketErrorCode == SocketError.ConnectionRefused ? "connection refused" : socket.Message);
                case AuthenticationException tls:
                    return Unreachable($"TLS handshake failed: {tls.Message}");
                case OperationCanceledException or TimeoutException:
                    return Unreachable($"no connection within {UpstreamHandler.ConnectTimeout.TotalSeconds:0} s");
                case HttpIOException or HttpRequestException when cause.InnerException is null:
                    return new(GrpcStatusCode.Unavailable, $"{node} lost {upstream}: {cause.Message}", IsUpstream: true);
            }
        }

        return Unreachable(exception.Message);

        RelayFault Unreachable(string why) => new(GrpcStatusCode.Unavailable, $"{node} could not reach {upstream}: {why}", IsUpstream: true);
    }
}
