using System.Net;
using System.Net.Sockets;

namespace EdgeMesh.Workloads.Processes;

/// <summary>Hands out free ports of 127.0.0.1, none twice at a time.</summary>
/// <remarks>
/// Thread-safe. The system chooses, the port is let go, and the process takes it: someone else may come between, and then the process ends, for it finds its port in use, and is started anew with another.
/// </remarks>
internal sealed class ReplicaPorts
{
    // The system hands ports out at random of some 28,000: who gets one in use so often has used them all up.
    private const int MaxTries = 100;

    private readonly HashSet<int> _taken = [];

    /// <exception cref="ProcessStartException">There is none.</exception>
    public int Take()
    {
        lock (_taken)
        {
            for (var attempt = 0; attempt < MaxTries; attempt++)
            {
                try
                {
                    using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                    socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
                    var port = ((IPEndPoint)socket.LocalEndPoint!).Port;
                    if (_taken.Add(port))
                    {
                        return port;
                    }
                }
                catch (SocketException fault)
                {
                    throw new ProcessStartException($"there is no free port on 127.0.0.1: {fault.Message}", fault);
                }
            }
        }

        throw new ProcessStartException("there is no free port on 127.0.0.1");
    }

    public void Return(int port)
    {
        lock (_taken)
        {
            _taken.Remove(port);
        }
    }
}
