using System.Net;
using System.Net.Sockets;
using EdgeMesh.Testing;

namespace EdgeMesh.Benchmarks.Peers;

/// <summary>Waits for programs that do not say when they listen.</summary>
internal static class ListeningPort
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until a loopback port takes connections.</summary>
    /// <returns>Its address.</returns>
    /// <exception cref="BenchmarkException">It does not within <see cref="TestDeadline.Default"/>.</exception>
    public static async Task<Uri> WaitAsync(int port)
    {
        for (var left = TestDeadline.Default; left > TimeSpan.Zero; left -= Interval)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port);
                return new Uri(FormattableString.Invariant($"http://127.0.0.1:{port}"));
            }
            catch (SocketException)
            {
                await Task.Delay(Interval);
            }
        }

        throw new BenchmarkException($"Nothing listens on port {port} after {TestDeadline.Default.TotalSeconds} s.");
    }
}
