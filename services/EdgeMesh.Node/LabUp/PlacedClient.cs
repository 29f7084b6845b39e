using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using EdgeMesh.Client;
using EdgeMesh.Lab.DelayedNetwork;
using EdgeMesh.Node.Up;
using EdgeMesh.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeMesh.Node.LabUp;

/// <summary>A program with the routing client somewhere in the network: it reads the demo bucket's greeting at a steady rate.</summary>
/// <remarks>Thread-safe. Disposing of it ends its client.</remarks>
internal sealed class PlacedClient : IDisposable
{
    private static readonly GetObjectRequest Request = new() { Bucket = DemoBucket.Name, Key = DemoBucket.Greeting };

    private readonly EdgeMeshHandler _handler;
    private readonly GrpcChannel _channel;
    private readonly ConcurrentBag<TimeSpan> _took = [];
    private int _calls;
    private int _failures;
    private string? _home;

    /// <summary>Makes one, which begins to look for its nearest node.</summary>
    /// <param name="places">The network.</param>
    /// <param name="place">Its row.</param>
    /// <param name="bootstrap">Nodes to learn the mesh from.</param>
    /// <param name="probeTimeout">As of <see cref="EdgeMeshClientOptions.ProbeTimeout"/>.</param>
    public PlacedClient(DelayedPlaces places, int place, IReadOnlyList<Uri> bootstrap, TimeSpan probeTimeout)
    {
        Place = place;
        _handler = new EdgeMeshHandler(new EdgeMeshClientOptions
        {
            Bootstrap = bootstrap,
            ProbeTimeout = probeTimeout,
            CreateHandler = _ =>
            {
                var handler = EdgeMeshClientOptions.CreateDefaultHandler();
                handler.ConnectCallback = (context, cancellationToken) => places.ConnectAsync(place, new IPEndPoint(IPAddress.Parse(context.DnsEndPoint.Host), context.DnsEndPoint.Port), cancellationToken);
                return handler;
            },
        });
        _channel = GrpcChannel.ForAddress("http://mesh", new GrpcChannelOptions { HttpHandler = _handler, DisposeHttpClient = true });
    }

    /// <summary>Its row of the matrix.</summary>
    public int Place { get; }

    /// <summary>The node that its calls go to; null: it knows none.</summary>
    public NodeStatus? Home => _handler.ReadNodes().FirstOrDefault(node => node.IsHome);

    /// <summary>Times that the home was another node than before, when it was looked at.</summary>
    public long Moves { get; private set; }

    /// <summary>Calls made.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Those that did not end with OK.</summary>
    public int FailedCalls => Volatile.Read(ref _failures);

    /// <summary>How long calls took that ended well, in order.</summary>
    public TimeSpan[] ReadLatencies() => [.. _took.Order()];

    /// <summary>Waits until the first search for the nearest is over.</summary>
    public Task WaitForNearestAsync(CancellationToken cancellationToken) => _handler.WaitForNearestAsync(cancellationToken);

    /// <summary>Looks where calls go.</summary>
    /// <returns>The home, if it is another one than at the last look; else null.</returns>
    public NodeStatus? LookForMove()
    {
        if (Home is not { } home || home.Name == _home)
        {
            return null;
        }

        Moves += _home is null ? 0 : 1;
        _home = home.Name;
        return home;
    }

    /// <summary>Calls until cancelled, whether earlier calls were answered or not; then waits for those under way.</summary>
    /// <param name="callsPerSecond">How often.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task CallAsync(int callsPerSecond, CancellationToken cancellationToken)
    {
        var running = new List<Task>();
        using var turns = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / callsPerSecond));
        try
        {
            while (await turns.WaitForNextTickAsync(cancellationToken))
            {
                running.RemoveAll(call => call.IsCompleted);
                running.Add(CallOnceAsync());
            }
        }
        catch (OperationCanceledException)
        {
            // Enough.
        }

        await Task.WhenAll(running);
    }

    /// <inheritdoc/>
    public void Dispose() => _channel.Dispose();

    private async Task CallOnceAsync()
    {
        Interlocked.Increment(ref _calls);
        var start = Stopwatch.GetTimestamp();
        try
        {
            await new ObjectStoreService.ObjectStoreServiceClient(_channel).GetObjectAsync(Request, deadline: DateTime.UtcNow + TimeSpan.FromSeconds(10));
            _took.Add(Stopwatch.GetElapsedTime(start));
        }
        catch (RpcException)
        {
            Interlocked.Increment(ref _failures);
        }
    }
}
