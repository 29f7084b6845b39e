using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using EdgeMesh.Lab.DelayedNetwork;
using EdgeMesh.Lab.LatencySimulation;
using EdgeMesh.Testing;

namespace EdgeMesh.Lab.Tests.DelayedNetwork;

/// <summary>Real sockets: times are bounded from below only, since a busy machine adds what it likes.</summary>
public sealed class DelayedPlacesTests : IAsyncDisposable
{
    private static readonly TimeSpan RoundTrip = TimeSpan.FromMilliseconds(60);

    private readonly TcpListener _node = new(IPAddress.Loopback, 0);
    private readonly DelayedPlaces _places = new(new RttMatrix(["London", "Paris", "Tokyo"], [[0, 10, 50], [10, 0, 60], [50, 60, 0]]), access: TimeSpan.FromMilliseconds(10), lossShare: 0, seed: 1);

    public DelayedPlacesTests() => _node.Start();

    public async ValueTask DisposeAsync()
    {
        await _places.DisposeAsync();
        _node.Dispose();
    }

    [Fact]
    public async Task Connection_FromAPlace_TakesItsRoundTripsAndKeepsItsBytes()
    {
        var sent = new byte[1_000_000];
        new Random(1).NextBytes(sent);
        var relay = Lead();
        var echo = EchoAsync();
        var start = Stopwatch.GetTimestamp();

        await using var stream = await _places.ConnectAsync(0, IPEndPoint.Parse(relay.Address.Authority), CancellationToken.None);
        var writing = stream.WriteAsync(sent);
        var first = await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(TestDeadline.Default);

        // A handshake, there, and back: two round trips of 50 ms and the access link's 10. Timers of the relay may round half a millisecond down, each.
        Assert.Equal(1, first);
        Assert.InRange(Stopwatch.GetElapsedTime(start), (2 * RoundTrip) - TimeSpan.FromMilliseconds(3), TestDeadline.Default);
        var rest = new byte[sent.Length - 1];
        await stream.ReadExactlyAsync(rest).AsTask().WaitAsync(TestDeadline.Default);
        await writing;
        Assert.Equal(sent[1..], rest);
        ((NetworkStream)stream).Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(TestDeadline.Default));
        await echo.WaitAsync(TestDeadline.Default);
    }

    [Fact]
    public async Task Connection_NodeIsAway_IsReset()
    {
        var relay = Lead();
        _node.Stop();

        // While it connects, or while it reads: whichever the reset meets.
        var fault = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await using var stream = await _places.ConnectAsync(0, IPEndPoint.Parse(relay.Address.Authority), CancellationToken.None);
            await stream.ReadExactlyAsync(new byte[1]).AsTask().WaitAsync(TestDeadline.Default);
        });

        Assert.Equal(SocketError.ConnectionReset, ((fault as SocketException) ?? (fault.InnerException as SocketException))?.SocketErrorCode);
    }

    [Fact]
    public async Task Find_ConnectionOfThisProcess_IsFoundByItsPort()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using var mine = new TcpClient();
        await mine.ConnectAsync((IPEndPoint)_node.LocalEndpoint);
        var port = ((IPEndPoint)mine.Client.LocalEndPoint!).Port;

        Assert.Equal(Environment.ProcessId, SocketOwners.Find(port, [1, Environment.ProcessId]));
        Assert.Null(SocketOwners.Find(port, []));
    }

    private DelayingRelay Lead()
    {
        var relay = _places.AddNode(2);
        relay.LeadTo((IPEndPoint)_node.LocalEndpoint);
        return relay;
    }

    private async Task EchoAsync()
    {
        using var caller = await _node.AcceptTcpClientAsync();
        await caller.GetStream().CopyToAsync(caller.GetStream());
    }
}
