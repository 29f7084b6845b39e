using System.ComponentModel;

namespace EdgeMesh.Node.Contracts;

/// <summary>The JSON of <c>drain</c>.</summary>
internal sealed record DrainJson(
    [property: Description("Whether no call runs any more and the node has left; false: it still drains.")] bool Drained);
