using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace EdgeMesh.Lab.DelayedNetwork;

/// <summary>Stands before one node: takes connections to it, and carries their bytes as late as the way from each caller's place makes them.</summary>
/// <remarks>A connection costs a handshake, one round trip, before its first byte goes. Thread-safe. Disposing of it ends its connections.</remarks>
public sealed class DelayingRelay : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Func<int, NetworkLink> _linkFrom;
    private readonly Socket _listener;
    private readonly int _seed;
    private readonly Task _accepting;
    private volatile IPEndPoint? _target;
    private int _connections;

    /// <summary>Listens on loopback, at a port that the system chooses.</summary>
    /// <param name="linkFrom">The way from the caller at a port of loopback, to this node.</param>
    /// <param name="seed">Of its losses.</param>
    public DelayingRelay(Func<int, NetworkLink> linkFrom, int seed)
    {
        (_linkFrom, _seed) = (linkFrom, seed);
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Address = new Uri($"http://{_listener.LocalEndPoint}");
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Where it takes connections.</summary>
    public Uri Address { get; }

    /// <summary>Says where the node itself listens; connections that come before are closed.</summary>
    public void LeadTo(IPEndPoint target) => _target = target;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
    }

    private async Task AcceptAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                _ = CarryAsync(await _listener.AcceptAsync(_end.Token).ConfigureAwait(false), Interlocked.Increment(ref _connections));
            }
            catch (Exception fault) when (fault is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // The end; or a caller who left before he was taken.
            }
        }
    }

    private async Task CarryAsync(Socket caller, int connection)
    {
        using (caller)
        using (var node = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true })
        {
            var accepted = Stopwatch.GetTimestamp();
            try
            {
                caller.NoDelay = true;

                // Asked whether or not it goes on: who called is noted until then, and ports come again.
                var link = _linkFrom(((IPEndPoint)caller.RemoteEndPoint!).Port);
                if (_target is not { } target)
                {
                    return;
                }

                await node.ConnectAsync(target, _end.Token).ConfigureAwait(false);
                var opened = accepted + (long)(link.RoundTrip.TotalSeconds * Stopwatch.Frequency);
                var there = new DelayLine(caller, node, link, new Random(HashCode.Combine(_seed, connection, 0))).CarryAsync(opened, _end.Token);
                var back = new DelayLine(node, caller, link, new Random(HashCode.Combine(_seed, connection, 1))).CarryAsync(opened, _end.Token);

                // One direction may end long before the other; a fault of either ends both.
                await await Task.WhenAny(there, back).ConfigureAwait(false);
                await Task.WhenAll(there, back).ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The node is away, or the connection broke: closed hard, so that the other end sees a reset and no end.
                caller.LingerState = new LingerOption(enable: true, seconds: 0);
                node.LingerState = new LingerOption(enable: true, seconds: 0);
            }
        }
    }
}
