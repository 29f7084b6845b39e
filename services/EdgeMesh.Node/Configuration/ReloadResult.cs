namespace EdgeMesh.Node.Configuration;

/// <summary>What came of a reload. With faults of the new configuration nothing was changed.</summary>
/// <param name="Faults">One line each: what is wrong, or could not be applied.</param>
/// <param name="Applied">Paths of options that changed, and that the node follows now.</param>
/// <param name="NeedsRestart">Paths of options that changed, and that the node will follow after a restart.</param>
/// <param name="Unchanged">Paths of all other options.</param>
internal sealed record ReloadResult(IReadOnlyList<string> Faults, IReadOnlyList<string> Applied, IReadOnlyList<string> NeedsRestart, IReadOnlyList<string> Unchanged);
