using EdgeMesh.Probing.Answers;

namespace EdgeMesh.Probing.Mesh;

/// <summary>How many watches of the mesh may be open at a node.</summary>
public sealed class MeshWatchSlots() : StreamSlots(Most, MostFromOneAddress)
{
    /// <summary>In all: each client has one, at one node. An idle one costs some kilobytes.</summary>
    public const int Most = 16_384;

    /// <summary>From one address: the clients of a large machine, or of an office behind one address.</summary>
    public const int MostFromOneAddress = 1024;
}
