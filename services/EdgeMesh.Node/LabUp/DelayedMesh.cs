using System.Net;
using EdgeMesh.Lab.DelayedNetwork;
using EdgeMesh.Lab.LatencySimulation;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Up;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.LabUp;

/// <summary>A mesh of real processes, each at a place of a matrix, and a network between them that takes the time that the matrix says.</summary>
/// <remarks>Started and stopped from one flow. Disposing stops every process, and then the network.</remarks>
internal sealed class DelayedMesh : IAsyncDisposable
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);
    private static readonly ByteSize CacheBytes = new(32L << 20);

    private readonly RttMatrix _matrix;
    private readonly Mesh _mesh = new(SelfProgram.Find(), TimeProvider.System);
    private readonly List<PlacedNode> _nodes = [];

    /// <summary>Draws places and makes the network.</summary>
    /// <param name="matrix">Its rows are places.</param>
    /// <param name="nodes">How many of them are nodes; fewer than there are rows.</param>
    /// <param name="access">What clients have on their way to everywhere.</param>
    /// <param name="lossShare">Share of segments lost.</param>
    /// <param name="seed">Of all randomness.</param>
    public DelayedMesh(RttMatrix matrix, int nodes, TimeSpan access, double lossShare, int seed)
    {
        _matrix = matrix;
        Places = new DelayedPlaces(matrix, access, lossShare, seed);
        var rows = Enumerable.Range(0, matrix.Count).ToArray();
        new Random(seed).Shuffle(rows);
        NodePlaces = rows[..nodes];
        ClientPlaces = rows[nodes..];
    }

    /// <summary>The network.</summary>
    public DelayedPlaces Places { get; }

    /// <summary>Rows that are nodes, the Region first.</summary>
    public IReadOnlyList<int> NodePlaces { get; }

    /// <summary>Rows where clients may be.</summary>
    public IReadOnlyList<int> ClientPlaces { get; }

    /// <summary>Nodes that take calls, the Region first.</summary>
    public IReadOnlyList<PlacedNode> Nodes => _nodes;

    /// <summary>The names of all nodes, in the order of <see cref="NodePlaces"/>. Edge locations have a code that is no place's: their places are the matrix's.</summary>
    public string[] Names => [MeshPlan.RegionName, .. Enumerable.Range(1, NodePlaces.Count - 1).Select(i => $"LAB50-{i}")];

    /// <summary>Starts the Region, then the edge locations, and waits until all are healthy.</summary>
    /// <param name="data">The Region's directory.</param>
    /// <param name="onLine">Called with a node's name and each of its lines.</param>
    /// <param name="onReady">Called with each node that takes calls.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CliException">A node did not start.</exception>
    public async Task StartAsync(string data, Action<string, string> onLine, Action<PlacedNode> onReady, CancellationToken cancellationToken)
    {
        var names = Names;
        var region = await StartNodeAsync(0, address => [.. MeshPlan.RegionArguments(names[0], new(0, 0), data, []), "--advertise", address]);
        var reached = region with { Data = _nodes[0].Address };
        await Task.WhenAll(Enumerable.Range(1, names.Length - 1).Select(i => StartNodeAsync(i, address => [.. MeshPlan.EdgeArguments(names[i], new(0, 0), reached, CacheBytes), "--advertise", address])));
        await _mesh.WaitUntilHealthyAsync(cancellationToken);
        using var connection = new TargetConnection(region.Data, CallTimeout, TimeProvider.System);
        await DemoBucket.LoadAsync(connection, cancellationToken);

        async Task<ChildAddresses> StartNodeAsync(int index, Func<string, IReadOnlyList<string>> argumentsFor)
        {
            var relay = Places.AddNode(NodePlaces[index]);
            var starting = _mesh.StartAsync(names[index], argumentsFor(TargetAddress.Show(relay.Address)), onLine, cancellationToken);
            var child = _mesh.Children[^1];

            // Before it makes its first connection, which takes a process longer than this.
            Places.NoteProcess(child.Pid, NodePlaces[index]);
            var addresses = await starting;
            relay.LeadTo(new IPEndPoint(IPAddress.Loopback, addresses.Data.Port));
            var node = new PlacedNode(names[index], NodePlaces[index], relay.Address, child);
            lock (_nodes)
            {
                _nodes.Add(node);
                _nodes.Sort((one, other) => Array.IndexOf(names, one.Name) - Array.IndexOf(names, other.Name));
            }

            onReady(node);
            return addresses;
        }
    }

    /// <summary>What became of a client.</summary>
    public PlacedClientJson Judge(PlacedClient client)
    {
        var running = _nodes.Where(node => !node.Child.Ended.IsCompleted).DefaultIfEmpty(_nodes[0]);
        var best = running.MinBy(node => Places.RoundTrip(client.Place, node.Place))!;
        var bestTime = Places.RoundTrip(client.Place, best.Place);
        var home = client.Home;
        var chosen = _nodes.FirstOrDefault(node => node.Name == home?.Name);
        TimeSpan? chosenTime = chosen is null ? null : Places.RoundTrip(client.Place, chosen.Place);
        var times = client.ReadLatencies();
        return new(
            NameOf(client.Place),
            chosen?.Name,
            chosen is null ? null : NameOf(chosen.Place),
            home?.RoundTrip is { } measured ? Milliseconds.Of(measured) : null,
            chosenTime is { } time ? Milliseconds.Of(time) : null,
            best.Name,
            Milliseconds.Of(bestTime),
            chosenTime <= bestTime + EdgeMesh.Client.Picking.Picker.BandOf(bestTime.TotalSeconds) * TimeSpan.FromSeconds(1),
            client.Moves,
            client.Calls,
            client.FailedCalls,
            times.Length == 0 ? null : Milliseconds.Of(times[(times.Length - 1) / 2]),
            times.Length == 0 ? null : Milliseconds.Of(times[(int)(0.99 * (times.Length - 1))]));
    }

    /// <summary>A place's name.</summary>
    public string NameOf(int place) => _matrix.Names[place];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _mesh.DisposeAsync();
        await Places.DisposeAsync();
    }
}

/// <summary>A node at its place.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Place">Its row of the matrix.</param>
/// <param name="Address">Where others reach it: its relay.</param>
/// <param name="Child">Its process.</param>
internal sealed record PlacedNode(string Name, int Place, Uri Address, ChildNode Child);
