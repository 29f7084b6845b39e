using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using EdgeMesh.Lab.LatencySimulation;

namespace EdgeMesh.Lab.DelayedNetwork;

/// <summary>A network between the places of a matrix, for real processes on one machine: a relay before each node delays what comes from elsewhere by the way that it would have had.</summary>
/// <remarks>
/// The relay of a node must know who calls. Callers of this process say so themselves (<see cref="ConnectAsync"/>); other nodes are found by their connections (<see cref="SocketOwners"/>); whoever is
/// neither, such as a person with a tool, is taken to be where the node is. Thread-safe.
/// </remarks>
/// <param name="matrix">Its rows are places.</param>
/// <param name="access">What callers of this process have on their way to everywhere, beside the matrix.</param>
/// <param name="lossShare">Share of segments lost on every way, 0 up to 1.</param>
/// <param name="seed">Of all losses.</param>
public sealed class DelayedPlaces(RttMatrix matrix, TimeSpan access, double lossShare, int seed) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<int, int> _callers = new();
    private readonly ConcurrentDictionary<int, int> _processes = new();
    private readonly ConcurrentBag<DelayingRelay> _relays = [];

    /// <summary>Puts a relay before a node that is yet to start.</summary>
    /// <param name="place">The node's row.</param>
    public DelayingRelay AddNode(int place)
    {
        var relay = new DelayingRelay(port => LinkFrom(port, place), HashCode.Combine(seed, place));
        _relays.Add(relay);
        return relay;
    }

    /// <summary>Says which process a node is.</summary>
    /// <param name="process">Its number.</param>
    /// <param name="place">Its row.</param>
    public void NoteProcess(int process, int place) => _processes[process] = place;

    /// <summary>The round trip of a caller of this process.</summary>
    /// <param name="from">The caller's row.</param>
    /// <param name="to">The node's row.</param>
    public TimeSpan RoundTrip(int from, int to) => TimeSpan.FromMilliseconds(matrix[from, to]) + access;

    /// <summary>Connects a caller of this process, which takes a round trip.</summary>
    /// <param name="place">The caller's row.</param>
    /// <param name="relay">Where to.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    public async ValueTask<Stream> ConnectAsync(int place, EndPoint relay, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        try
        {
            // Said before the relay can ask.
            _callers[port] = place;
            await socket.ConnectAsync(relay, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            _callers.TryRemove(port, out _);
            socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var relay in _relays)
        {
            await relay.DisposeAsync().ConfigureAwait(false);
        }
    }

    private NetworkLink LinkFrom(int port, int to) =>
        _callers.TryRemove(port, out var caller) ? new NetworkLink(RoundTrip(caller, to), lossShare)
        : SocketOwners.Find(port, _processes.Keys) is { } process ? new NetworkLink(TimeSpan.FromMilliseconds(matrix[_processes[process], to]), lossShare)
        : NetworkLink.None;
}
