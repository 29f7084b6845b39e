using EdgeMesh.V1;

namespace EdgeMesh.Probing.Mesh;

/// <summary>The mesh as a node last heard of it, for the clients that watch (<see cref="MeshGrpcService"/>).</summary>
/// <remarks>Thread-safe, without locks: one writer at a time, who exchanges the snapshot.</remarks>
public sealed class MeshState
{
    private volatile MeshSnapshot _current = MeshSnapshot.Of(null);

    /// <summary>As it is now.</summary>
    public MeshSnapshot Current => _current;

    /// <summary>Takes what the node heard; those who watch are told.</summary>
    /// <param name="mesh">Kept: not to be changed afterwards.</param>
    public void Set(WatchMeshResponse mesh)
    {
        var former = _current;
        _current = MeshSnapshot.Of(mesh);
        former.End();
    }
}
