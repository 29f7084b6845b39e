using EdgeMesh.Latency.Reports;
using EdgeMesh.V1;
using Google.Protobuf.WellKnownTypes;

namespace EdgeMesh.Region.Measurements;

/// <summary>Judges whether nodes are as near to the clients that chose them as they should be.</summary>
/// <remarks>Thread-safe.</remarks>
/// <param name="target">What clients are promised of <see cref="Quantile"/>.</param>
/// <param name="clients">What they reported.</param>
internal sealed class Objectives(TimeSpan target, ClientsState clients)
{
    /// <summary>Which share of round trips must be within the target.</summary>
    public const double Quantile = 0.99;

    /// <summary>Fewer round trips say nothing of one in a hundred.</summary>
    public const int LeastSamples = 100;

    /// <summary>The target unless told otherwise: single-digit milliseconds.</summary>
    public static readonly TimeSpan DefaultTarget = TimeSpan.FromMilliseconds(10);

    /// <summary>Judges the nodes that are there for clients to be near to: edge locations and Local Zones.</summary>
    /// <param name="nodes">All nodes; in their order.</param>
    public IEnumerable<LatencyObjective> Judge(IEnumerable<NodeInfo> nodes) => nodes
        .Where(node => node.Kind is NodeKind.EdgeLocation or NodeKind.LocalZone && node.State != NodeState.Lost)
        .Select(node => Judge(node, clients.Read(node.Name)));

    private LatencyObjective Judge(NodeInfo node, ReportedLatency? reported)
    {
        var objective = new LatencyObjective { Node = node.Name, Kind = node.Kind, Target = Duration.FromTimeSpan(target), Quantile = Quantile, Window = new Duration() };
        if (reported?.RoundTrips is { Count: > 0 } roundTrips)
        {
            var actual = roundTrips.Quantile(Quantile)!.Value;
            objective.Clients = (uint)reported.Clients;
            objective.Samples = (ulong)roundTrips.Count;
            objective.Window = Duration.FromTimeSpan(reported.Reach);
            objective.Actual = Duration.FromTimeSpan(actual);
            objective.Within = roundTrips.ShareWithin(target)!.Value;
            objective.State = roundTrips.Count < LeastSamples ? ObjectiveState.Unspecified : actual < target ? ObjectiveState.Met : ObjectiveState.Missed;
        }

        return objective;
    }
}
