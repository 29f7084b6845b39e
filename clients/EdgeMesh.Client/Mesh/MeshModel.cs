using System.Collections.Frozen;
using EdgeMesh.Latency.Topology;
using EdgeMesh.V1;

namespace EdgeMesh.Client.Mesh;

/// <summary>The mesh as a client last heard of it. Immutable; thread-safe.</summary>
internal sealed class MeshModel
{
    private readonly FrozenDictionary<string, MethodFacts> _methods;
    private readonly FrozenDictionary<string, MeshNodeModel> _nodes;

    /// <summary>Takes a snapshot.</summary>
    /// <param name="region">The Region's name.</param>
    /// <param name="version">Its count of changes.</param>
    /// <param name="nodes">At least one; names differ.</param>
    /// <param name="methods">By path.</param>
    /// <param name="told">What it was read from; null: nothing, in tests.</param>
    public MeshModel(string region, ulong version, IReadOnlyList<MeshNodeModel> nodes, IReadOnlyDictionary<string, MethodFacts> methods, WatchMeshResponse? told = null)
    {
        (Region, Version, Nodes, Told) = (region, version, nodes, told ?? new WatchMeshResponse());
        _methods = methods.ToFrozenDictionary(StringComparer.Ordinal);
        _nodes = nodes.ToFrozenDictionary(node => node.Node.Name, StringComparer.Ordinal);
    }

    /// <summary>The Region's name: whose mesh it is.</summary>
    public string Region { get; }

    /// <summary>The Region's count of changes.</summary>
    public ulong Version { get; }

    /// <summary>What it was read from; nobody changes it.</summary>
    public WatchMeshResponse Told { get; }

    /// <summary>Nodes that may be called; at least one.</summary>
    public IReadOnlyList<MeshNodeModel> Nodes { get; }

    /// <summary>The node of a name; null: there is none.</summary>
    public MeshNodeModel? FindNode(string name) => _nodes.GetValueOrDefault(name);

    /// <summary>The same mesh, with other addresses.</summary>
    /// <param name="addressOf">Where a node is reached.</param>
    public MeshModel With(Func<MeshNodeModel, Uri> addressOf) => new(Region, Version, [.. Nodes.Select(node => node with { Address = addressOf(node) })], _methods, Told);

    /// <summary>What is known of a method; null: nothing.</summary>
    /// <param name="path">As in a request: <c>/shop.v1.Catalog/Get</c>.</param>
    public MethodFacts? FindMethod(string path) => _methods.TryGetValue(path, out var facts) ? facts : null;
}

/// <summary>A node that may be called.</summary>
/// <param name="Node">As the search for the nearest sees it.</param>
/// <param name="Address">Where its data listener is reached: scheme, host and port.</param>
internal sealed record MeshNodeModel(LatencyNode Node, Uri Address);

/// <summary>What a client may do with calls of a method.</summary>
/// <param name="IsUnary">One request, one answer; false also if nothing is known.</param>
/// <param name="IsSafe">Declared free of side effects: may be sent twice.</param>
/// <param name="Name">Its name, as <c>shop.v1.Catalog/Get</c>; null: nothing is known of it.</param>
internal readonly record struct MethodFacts(bool IsUnary, bool IsSafe, string? Name);
