using EdgeMesh.Workloads;

namespace EdgeMesh.Node.Workloads;

/// <summary>A workload as it was written, and what that means. Two are the same when they were written the same.</summary>
/// <param name="json">One JSON object; as it stands in a file, with each value as a text.</param>
/// <param name="options">What it means.</param>
internal sealed class WorkloadDefinition(string json, WorkloadOptions options) : IEquatable<WorkloadDefinition>
{
    /// <summary>What it means.</summary>
    public WorkloadOptions Options { get; } = options;

    private string Json { get; } = json;

    /// <inheritdoc/>
    public bool Equals(WorkloadDefinition? other) => other?.Json == Json;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as WorkloadDefinition);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Json);
}
