using EdgeMesh.Latency.Topology;

namespace EdgeMesh.Latency.Search;

/// <summary>Sends one probe. The network behind it is real in clients and virtual in the simulator.</summary>
public interface INodeProber
{
    /// <summary>Measures one round trip.</summary>
    /// <param name="node">Whom to ask.</param>
    /// <param name="cancellationToken">Ends the wait; the search does not wait for a cancelled probe.</param>
    /// <returns>Network time of the round trip; null if no answer came in the prober's own time limit, or the node refused.</returns>
    ValueTask<TimeSpan?> ProbeAsync(LatencyNode node, CancellationToken cancellationToken);
}
