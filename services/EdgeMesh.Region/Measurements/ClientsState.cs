using System.Net;
using EdgeMesh.Latency.Reports;
using EdgeMesh.Probing.Messages;
using EdgeMesh.V1;

namespace EdgeMesh.Region.Measurements;

/// <summary>What clients reported to the nodes of a Region's mesh: how near each node is to its own, and where networks of clients are.</summary>
/// <remarks>Thread-safe: one lock. What nodes tell is taken as far as it can be true (<see cref="ClientLatencyMessages"/>).</remarks>
/// <param name="own">What clients reported to the Region itself.</param>
internal sealed class ClientsState(ClientReports own)
{
    /// <summary>Networks remembered, the longest unheard forgotten first: a /24 each for sixteen million clients, in some 20 MB.</summary>
    public const int MaxNetworks = 65_536;

    // As many as a mesh has.
    private const int MaxNodes = 5_000;

    private readonly Lock _gate = new();
    private readonly RecencyTable<string, ReportedLatency?> _byNode = new(MaxNodes);
    private readonly RecencyTable<IPNetwork, ClientPlace> _places = new(MaxNetworks);

    /// <summary>Takes what a node tells of its clients: all of its window.</summary>
    /// <param name="node">Its name.</param>
    /// <param name="observations">What it tells.</param>
    public void Take(string node, LatencyObservations observations)
    {
        var reported = ClientLatencyMessages.Read(observations.Clients);
        lock (_gate)
        {
            _byNode.Set(node, reported);
            foreach (var (network, place) in ClientLatencyMessages.ReadNetworks(observations.Networks))
            {
                _places.Set(network, place);
            }
        }
    }

    /// <summary>What clients reported to a node; null: nothing is known.</summary>
    public ReportedLatency? Read(string node)
    {
        lock (_gate)
        {
            return _byNode.TryFind(node, out var reported) ? reported : null;
        }
    }

    /// <summary>Where clients of an address's network said they are; null: none reported.</summary>
    public ClientPlace? FindPlace(IPAddress address)
    {
        lock (_gate)
        {
            foreach (var (network, place) in own.TakePlaces(ClientReports.MaxNetworks))
            {
                _places.Set(network, place);
            }

            return _places.TryFind(ClientNetworks.Of(address), out var found) ? found : null;
        }
    }
}
