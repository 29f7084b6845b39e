using EdgeMesh.Latency.Topology;
using EdgeMesh.V1;

namespace EdgeMesh.Region.Measurements;

/// <summary>All nodes of the mesh and what is known of the latencies between them, at one moment. Immutable; thread-safe.</summary>
/// <param name="Version">Differs when anything does but ages.</param>
/// <param name="Nodes">The Region first, then by kind and name. Not to be changed.</param>
/// <param name="All">All of them, lost ones too.</param>
/// <param name="Present">Those that are there: what callers may be sent to.</param>
internal sealed record MatrixSnapshot((ulong Topology, ulong Rows) Version, IReadOnlyList<NodeInfo> Nodes, LatencyTopology All, LatencyTopology Present);
