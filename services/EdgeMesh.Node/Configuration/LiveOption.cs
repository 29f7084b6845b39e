using System.CommandLine;

namespace EdgeMesh.Node.Configuration;

/// <summary>Options that a running node can follow. All others need a restart.</summary>
/// <param name="Options">They change together.</param>
/// <param name="Apply">
/// Makes the node follow new values, all of them right. Called at every reload, changed or not, one call at a time: files that the values name
/// may have changed without them. Throws when it cannot; the node then goes on as it was.
/// </param>
internal sealed record LiveOption(IReadOnlyList<Option> Options, Action<ParseResult> Apply);
