using EdgeMesh.Client.Picking;

namespace EdgeMesh.Client;

/// <summary>Where the next call of a method would go, and why: a copy, for people and tests.</summary>
/// <param name="Method">The method's path: <c>/shop.v1.Catalog/Get</c>.</param>
/// <param name="Region">Whose mesh it is; null: nobody has told of the mesh yet, and there are no nodes.</param>
/// <param name="IsKnown">Whether the mesh knows the method's shape.</param>
/// <param name="IsUnary">One request, one answer: calls are held, so that they can be sent again. False also if the method is not known: calls pass through as they come.</param>
/// <param name="IsSideEffectFree">Declared so (<c>idempotency_level = NO_SIDE_EFFECTS</c>).</param>
/// <param name="Nodes">The nodes that the client keeps connections to, whoever gets most calls first, then by cost.</param>
/// <param name="FurtherNodes">Nodes of the mesh that it keeps no connections to: 16 are nearer.</param>
/// <param name="Fault">Whom the client asked last in vain who is in the mesh, and what each said; null: one tells.</param>
public sealed record PickExplanation(
    string Method,
    string? Region,
    bool IsKnown,
    bool IsUnary,
    bool IsSideEffectFree,
    IReadOnlyList<ExplainedNode> Nodes,
    int FurtherNodes,
    string? Fault);

/// <summary>What a pick made of a node.</summary>
/// <param name="Status">Its state and measurements.</param>
/// <param name="Verdict">What the pick made of it.</param>
/// <param name="Why">The same in a sentence, with the numbers that decided.</param>
/// <param name="Share">Probability that the next call goes there, 0 to 1; all nodes' add up to one.</param>
/// <param name="Cost">What a call there is expected to cost beside what the method takes: round trip, served latency, and a second times the share of failures. A node that was not measured counts as 500 ms away.</param>
/// <param name="ServedFloor">What its answers take unloaded; null: not known.</param>
/// <param name="NodeInFlight">Calls of all its callers that run there, as it told last, and at least this client's own.</param>
/// <param name="Capacity">How many it can serve at once; 0: it does not tell.</param>
/// <param name="Warmth">How far it has warmed up since it came, or came back: its share of the calls it would be given, 0 to 1.</param>
public sealed record ExplainedNode(
    NodeStatus Status,
    PickVerdict Verdict,
    string Why,
    double Share,
    TimeSpan Cost,
    TimeSpan? ServedFloor,
    int NodeInFlight,
    int Capacity,
    double Warmth);
