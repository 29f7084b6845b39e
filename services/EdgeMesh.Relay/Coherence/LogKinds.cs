using EdgeMesh.V1;

namespace EdgeMesh.Relay.Coherence;

/// <summary>What kinds of entries the log of a Region has.</summary>
public static class LogKinds
{
    /// <summary>
    /// Kinds whose last entry stands for all before it, so that a node which starts at the head is told that one; and how many of them a
    /// Region keeps for its history.
    /// </summary>
    public static IReadOnlyDictionary<LogEntry.ChangeOneofCase, int> States { get; } = new Dictionary<LogEntry.ChangeOneofCase, int>
    {
        [LogEntry.ChangeOneofCase.Policy] = 1000,
        [LogEntry.ChangeOneofCase.EffectivePolicy] = 1,
    };
}
