using System.Net.Sockets;

namespace EdgeMesh.Sidecar;

/// <summary>The file of a Unix domain socket.</summary>
internal static class SocketFile
{
    /// <summary>Removes a file that a process left which ended without a word: nobody can listen there while it lies there.</summary>
    /// <remarks>One that answers is somebody's, and one that is no socket too: listening there fails, and says so.</remarks>
    public static async Task RemoveIfDeadAsync(UnixDomainSocketEndPoint endPoint, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException fault) when (fault.SocketErrorCode == SocketError.ConnectionRefused)
        {
            // A socket has no bytes; any file refuses, and one with bytes is not ours to remove.
            var file = new FileInfo(endPoint.ToString()!);
            if (file is { Exists: true, Length: 0 })
            {
                file.Delete();
            }
        }
        catch (SocketException)
        {
            // Nothing is there.
        }
    }
}
