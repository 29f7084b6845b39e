using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace EdgeMesh.Testing;

/// <summary>A stretch of network between a client and a server: a TCP relay that holds every byte back for a time, in both directions.</summary>
/// <remarks>
/// Bytes keep their order, and any number of them are on the way at once: it adds delay, not a bottleneck. Thread-safe; one task owns each direction of a connection.
/// <code>client -- read, stamp --> queue -- due --> write -- server, and back</code>
/// </remarks>
public sealed class DelayRelay : IAsyncDisposable
{
    private const int ChunkBytes = 64 * 1024;
    private static readonly TimeSpan Grain = TimeSpan.FromMilliseconds(1);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Uri _target;
    private readonly TimeSpan _oneWay;
    private readonly Task _accepting;

    private DelayRelay(Uri target, TimeSpan roundTrip)
    {
        (_target, _oneWay) = (target, roundTrip / 2);
        _listener.Start();
        Address = new Uri($"http://{_listener.LocalEndpoint}");
        _accepting = AcceptAsync();
    }

    /// <summary>Where clients connect.</summary>
    public Uri Address { get; }

    /// <summary>Starts a relay on a free port.</summary>
    /// <param name="target">The server: scheme, host and port.</param>
    /// <param name="roundTrip">What it adds to a round trip, half in each direction.</param>
    public static DelayRelay Start(Uri target, TimeSpan roundTrip) => new(target, roundTrip);

    /// <summary>Cuts all connections, and takes no others.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(CarryAsync(await _listener.AcceptSocketAsync(_end.Token)));
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task CarryAsync(Socket client)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (client)
        {
            client.NoDelay = true;
            try
            {
                await server.ConnectAsync(_target.Host, _target.Port, _end.Token);
                await Task.WhenAny(DelayAsync(client, server), DelayAsync(server, client));
            }
            catch (Exception fault) when (fault is OperationCanceledException or SocketException)
            {
                // As a broken line: both ends see their connection closed.
            }
        }
    }

    /// <summary>One direction, to its end or that of the relay.</summary>
    private async Task DelayAsync(Socket from, Socket to)
    {
        var way = Channel.CreateUnbounded<(long Came, byte[] Bytes)>();
        var writing = WriteAsync(way.Reader, to);
        try
        {
            var buffer = new byte[ChunkBytes];
            while (await from.ReceiveAsync(buffer, _end.Token) is > 0 and var count)
            {
                way.Writer.TryWrite((Stopwatch.GetTimestamp(), buffer[..count]));
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The other direction, or the relay, has ended it.
        }

        way.Writer.Complete();
        await writing;
    }

    private async Task WriteAsync(ChannelReader<(long Came, byte[] Bytes)> way, Socket to)
    {
        try
        {
            await foreach (var (came, bytes) in way.ReadAllAsync(_end.Token))
            {
                // The system's timers go by whole milliseconds, and may fire before a timestamp says so: the delay is at least what was asked for.
                while (_oneWay - Stopwatch.GetElapsedTime(came) is var wait && wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait < Grain ? Grain : wait, _end.Token);
                }

                await to.SendAsync(bytes, _end.Token);
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The receiver has gone.
        }
    }
}
