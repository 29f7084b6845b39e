using EdgeMesh.V1;

namespace EdgeMesh.Probing.Mesh;

/// <summary>The mesh at one moment. Thread-safe.</summary>
public sealed class MeshSnapshot
{
    private readonly TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private MeshSnapshot(WatchMeshResponse? message) => Message = message;

    /// <summary>What clients are told, shared by all of them: never to be changed. Null: the node has heard nothing yet.</summary>
    public WatchMeshResponse? Message { get; }

    /// <summary>Completes when there is a later one.</summary>
    public Task Changed => _changed.Task;

    internal static MeshSnapshot Of(WatchMeshResponse? message) => new(message);

    internal void End() => _changed.TrySetResult();
}
