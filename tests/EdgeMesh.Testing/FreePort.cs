using System.Net;
using System.Net.Sockets;

namespace EdgeMesh.Testing;

/// <summary>A port for a program that cannot bind port 0 and say which one it got.</summary>
public static class FreePort
{
    /// <summary>
    /// A loopback TCP port that was free a moment ago. Another process may take it before the caller does: where the
    /// program under test can bind port 0 itself, let it.
    /// </summary>
    public static int Take()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
