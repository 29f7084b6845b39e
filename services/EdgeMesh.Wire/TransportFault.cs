using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;

namespace EdgeMesh.Wire;

/// <summary>What an exception of <see cref="SocketsHttpHandler"/> says of a call to a node, or a replica.</summary>
/// <remarks>Stateless; thread-safe.</remarks>
public static class TransportFault
{
    private const long RefusedStream = 7;

    /// <summary>Whether the peer cannot have seen the call: no connection was made, or it said so (REFUSED_STREAM, RFC 9113 section 8.7).</summary>
    public static bool IsNeverSent(Exception fault)
    {
        // The handler's ConnectTimeout; and a peer that left the pool while the call was on its way to it.
        if (fault is OperationCanceledException { InnerException: TimeoutException } or ObjectDisposedException)
        {
            return true;
        }

        for (var cause = fault; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case HttpProtocolException protocol:
                    return protocol.ErrorCode == RefusedStream;
                case HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError }:
                    return true;
            }
        }

        return false;
    }

    /// <summary>For people, without anything internal.</summary>
    public static string Describe(Exception fault)
    {
        for (var cause = fault; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case SocketException { SocketErrorCode: SocketError.ConnectionRefused }:
                    return "connection refused";
                case SocketException socket:
                    return socket.Message;
                case AuthenticationException tls:
                    return $"TLS handshake failed: {tls.Message}";
                case HttpProtocolException protocol:
                    return string.Create(CultureInfo.InvariantCulture, $"reset (HTTP/2 error 0x{protocol.ErrorCode:x})");
                case OperationCanceledException or TimeoutException:
                    return "no answer in time";
            }
        }

        return fault.Message;
    }
}
