using EdgeMesh.Latency.Coordinates;
using EdgeMesh.V1;

namespace EdgeMesh.Probing.Answers;

/// <summary>What a node tells those who probe it, beside what its relay counted. Delegates are called for each answer, by many threads at once, and must not wait.</summary>
public sealed class ReflectorFacts
{
    /// <summary>The node's name.</summary>
    public required string Node { get; init; }

    /// <summary>The name of its Region; empty before it first joined.</summary>
    public required Func<string> Region { get; init; }

    /// <summary>Whether it takes no new callers.</summary>
    public required Func<bool> IsDraining { get; init; }

    /// <summary>How many calls it can serve at once before they wait for one another, 0 or more; 0: not known.</summary>
    public int Capacity { get; init; }

    /// <summary>Where it is in latency space; null before its first measurement.</summary>
    public Func<Coordinate?> Coordinate { get; init; } = () => null;

    /// <summary>Those nearest to it, the nearest first, up to so many.</summary>
    public Func<int, IReadOnlyList<MeshNeighbour>> Neighbours { get; init; } = _ => [];
}
