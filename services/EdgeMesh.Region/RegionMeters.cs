using System.Diagnostics.Metrics;
using EdgeMesh.Region.Topology;
using EdgeMesh.Relay.Coherence;
using EdgeMesh.Storage;
using EdgeMesh.V1;

namespace EdgeMesh.Region;

/// <summary>The instruments of what only a Region knows. docs/metrics.md lists them.</summary>
internal static class RegionMeters
{
    /// <summary>The meter's name.</summary>
    public const string Name = "EdgeMesh.Region";

    private static readonly (NodeState State, string Name)[] States = [(NodeState.Ready, "ready"), (NodeState.Draining, "draining"), (NodeState.Lost, "lost")];

    /// <summary>Makes the instruments; the factory owns them.</summary>
    public static void Create(IMeterFactory factory, TopologyState topology, ObjectStore store, LogFeed log)
    {
        var meter = factory.Create(Name);
        meter.CreateObservableUpDownCounter("edgemesh.region.objects", store.CountObjects, "{object}", "Objects in the store.");
        meter.CreateObservableCounter("edgemesh.region.joins", () => topology.Joins, "{join}", "Nodes that joined, again included.");
        meter.CreateObservableUpDownCounter("edgemesh.region.nodes", () => Nodes(topology), "{node}", "Nodes of the mesh, the Region aside, by state: ready, draining, lost.");
        meter.CreateObservableGauge("edgemesh.log.position", () => (long)(log.Head?.Sequence ?? 0), "{entry}", "Place of the last entry in the log.");
        meter.CreateObservableGauge("edgemesh.log.lag", () => Lag(topology, log), "{entry}", "Entries that the node farthest behind has yet to apply, of the nodes that are in the mesh.");
    }

    private static long Lag(TopologyState topology, LogFeed log)
    {
        var head = log.Head;
        return head is null ? 0 : topology.ListNodes().Skip(1).Where(node => node.State != NodeState.Lost)
            .Select(node => node.Applied is { } applied && applied.Epoch == head.Epoch ? (long)head.Sequence - (long)applied.Sequence : (long)head.Sequence)
            .Append(0).Max();
    }

    private static IEnumerable<Measurement<long>> Nodes(TopologyState topology)
    {
        var counts = topology.CountNodes();
        return States.Select(state => new Measurement<long>(counts.GetValueOrDefault(state.State), new KeyValuePair<string, object?>("edgemesh.node.state", state.Name)));
    }
}
