namespace EdgeMesh.Admin.Health;

/// <summary>What a kind of node has to say on <c>/readyz</c> beside whether it takes calls: an edge location, how its Region is.</summary>
/// <param name="Read">One line each; called for every question. Must not block.</param>
public sealed record ReadinessNotes(Func<IEnumerable<string>> Read);
