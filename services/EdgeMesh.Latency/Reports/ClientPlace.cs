using EdgeMesh.Latency.Coordinates;
using EdgeMesh.Latency.Positions;

namespace EdgeMesh.Latency.Reports;

/// <summary>Where clients of a network are, as the last of them said.</summary>
/// <param name="Coordinate">In latency space; null: none of them knew.</param>
/// <param name="Position">On Earth; null: none of them said.</param>
public sealed record ClientPlace(Coordinate? Coordinate, GeoPosition? Position);
