using EdgeMesh.Latency.Topology;

namespace EdgeMesh.Latency.Ranking;

/// <summary>What a node must be to be ranked at all. Everything left out admits all.</summary>
public sealed record RankRequirements
{
    /// <summary>Admits every node that is not draining.</summary>
    public static RankRequirements None { get; } = new();

    /// <summary>Kinds of node, any of which will do; empty for all.</summary>
    public IReadOnlyList<string> Kinds { get; init; } = [];

    /// <summary>Full names of services that it must all answer.</summary>
    public IReadOnlyList<string> Services { get; init; } = [];

    /// <summary>Jurisdictions, any of which will do; empty for all. A node that did not say its own meets none.</summary>
    public IReadOnlyList<string> Jurisdictions { get; init; } = [];

    /// <summary>True to rank nodes too that take no new callers.</summary>
    public bool IncludeDraining { get; init; }

    /// <summary>True if the node is all of that.</summary>
    public bool Admit(LatencyNode node) =>
        (IncludeDraining || !node.Draining)
        && (Kinds.Count == 0 || Kinds.Contains(node.Kind, StringComparer.OrdinalIgnoreCase))
        && (Jurisdictions.Count == 0 || Jurisdictions.Contains(node.Jurisdiction, StringComparer.OrdinalIgnoreCase))
        && (node.Services.Count == 0 || Services.All(service => node.Services.Contains(service, StringComparer.Ordinal)));
}
