using System.Net.Sockets;
using System.Text;
using EdgeMesh.Wire;
using Grpc.Core;

namespace EdgeMesh.GrpcStack.Client;

/// <summary>From what the transport throws to a status.</summary>
internal static class TransportFault
{
    /// <summary>The status for a fault.</summary>
    /// <param name="summary">What failed, a sentence.</param>
    /// <param name="fault">
    /// A status already known keeps its code. An HTTP/2 error code of the peer is mapped. Another failure to connect, read or
    /// write is UNAVAILABLE; a cancelled wait CANCELLED; anything else INTERNAL.
    /// </param>
    /// <returns>The status, with <paramref name="fault"/> as <see cref="Status.DebugException"/>.</returns>
    public static Status ToStatus(string summary, Exception fault) => fault switch
    {
        RpcException known => known.Status,
        OperationCanceledException => new Status(StatusCode.Cancelled, string.Empty, fault),
        _ => new Status(CodeOf(fault), $"{summary} {Describe(fault)}", fault),
    };

    private static StatusCode CodeOf(Exception fault)
    {
        var code = StatusCode.Internal;
        for (var current = fault; current is not null; current = current.InnerException)
        {
            if (current is HttpProtocolException protocol)
            {
                return (StatusCode)StatusMapping.FromHttp2Error(protocol.ErrorCode);
            }

            if (current is HttpRequestException or IOException or SocketException)
            {
                code = StatusCode.Unavailable;
            }
        }

        return code;
    }

    private static string Describe(Exception fault)
    {
        var text = new StringBuilder();
        for (var current = fault; current is not null; current = current.InnerException)
        {
            text.Append(text.Length == 0 ? "" : " ").Append(current.GetType().Name).Append(": ").Append(current.Message);
        }

        return text.ToString();
    }
}
