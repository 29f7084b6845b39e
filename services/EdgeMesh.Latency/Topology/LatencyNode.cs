using EdgeMesh.Latency.Coordinates;
using EdgeMesh.Latency.Positions;

namespace EdgeMesh.Latency.Topology;

/// <summary>A node as its Region publishes it to those who look for the nearest.</summary>
public sealed record LatencyNode
{
    /// <summary>Its name, unique in the topology: <c>LHR50-1</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it is, in the topology's words: <c>region</c>, <c>edge-location</c>, <c>local-zone</c>. Empty if not said.</summary>
    public string Kind { get; init; } = "";

    /// <summary>Full names of the services that it answers itself; empty means all that the mesh has.</summary>
    public IReadOnlyList<string> Services { get; init; } = [];

    /// <summary>Whose law holds there: ISO 3166 code or a word of the operator's. Empty if not said.</summary>
    public string Jurisdiction { get; init; } = "";

    /// <summary>Where it stands; null if it did not say.</summary>
    public GeoPosition? Position { get; init; }

    /// <summary>Its coordinate; null if it has none yet.</summary>
    public Coordinate? Coordinate { get; init; }

    /// <summary>True while it takes no new callers.</summary>
    public bool Draining { get; init; }
}
