using EdgeMesh.Latency.Positions;
using EdgeMesh.V1;

namespace EdgeMesh.Region.Topology;

/// <summary>What a Region says of itself and asks of those that join its mesh.</summary>
internal sealed class TopologyOptions
{
    /// <summary>The Region's name: <c>eu-west-2</c>.</summary>
    public required string RegionName { get; init; }

    /// <summary>Version of the Region's program.</summary>
    public required string Version { get; init; }

    /// <summary>Where the Region stands; null: not said.</summary>
    public GeoPosition? Position { get; init; }

    /// <summary>Whose law holds there; empty: not said.</summary>
    public string Jurisdiction { get; init; } = "";

    /// <summary>Reads what the Region itself counted; null: nothing is told of that.</summary>
    public Func<NodeReport>? Report { get; init; }

    /// <summary>
    /// How often nodes report. 5 s: a node that fell silent is found in a quarter of a minute, and thousands of nodes cost a Region
    /// hundreds of small messages a second.
    /// </summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a lost node stays listed: long enough for an operator to see what went missing.</summary>
    public TimeSpan LostRetention { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Most nodes, lost ones included: at under 600 bytes each, a topology stays below the 4 MiB that one message may have.</summary>
    public int MaxNodes { get; init; } = 5_000;

    /// <summary>How long a new stream may take to say who it is.</summary>
    public TimeSpan HelloTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Shortest time between two topologies on one stream, so that a mass join is told in a few messages.</summary>
    public TimeSpan MinPushInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>A node is lost when this many heartbeats were missed.</summary>
    public TimeSpan SilenceLimit => 3 * HeartbeatInterval;
}
