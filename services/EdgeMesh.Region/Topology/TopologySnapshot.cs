using EdgeMesh.V1;

namespace EdgeMesh.Region.Topology;

/// <summary>The topology at one version.</summary>
/// <param name="Message">What joiners are told. Shared by all readers: never to be changed.</param>
/// <param name="Changed">Completes when there is a later version.</param>
internal sealed record TopologySnapshot(JoinResponse Message, Task Changed);
