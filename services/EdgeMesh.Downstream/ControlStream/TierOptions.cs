using EdgeMesh.V1;
using Grpc.Core;

namespace EdgeMesh.Downstream.ControlStream;

/// <summary>What a node needs to pass on the control streams of those below it.</summary>
/// <param name="Name">The node's name.</param>
/// <param name="Kind">What it is, for messages to people: <c>edge location</c>.</param>
/// <param name="Upstream">Where this node joins.</param>
/// <param name="Credentials">With what it joins: shown for those who bring nothing of their own.</param>
internal sealed record TierOptions(string Name, string Kind, TopologyService.TopologyServiceClient Upstream, Func<Metadata> Credentials)
{
    /// <summary>Kind and name, for messages to people.</summary>
    public string Description => $"{Kind} {Name}";

    /// <summary>The mesh as this node was told last; null: it has never joined.</summary>
    public Func<IReadOnlyList<NodeInfo>?> Nodes { get; init; } = static () => null;

    /// <summary>How long a new stream may take to say who it is: as at the Region.</summary>
    public TimeSpan HelloTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
