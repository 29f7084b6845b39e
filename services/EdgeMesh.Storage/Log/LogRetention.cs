using EdgeMesh.V1;

namespace EdgeMesh.Storage.Log;

/// <summary>What is kept of the log.</summary>
public sealed class LogRetention
{
    /// <summary>
    /// Entries that are kept without gaps, at least; up to a sixty-fourth more. Default 65,536: a node that missed no more goes on where it
    /// was. At some 100 bytes each that is 6 MiB of the data directory; an entry takes up to 4 MiB.
    /// </summary>
    public int Entries { get; init; } = 1 << 16;

    /// <summary>Kinds whose last entry stands for all before it, and how many of their last ones are kept however old they are; at least 1.</summary>
    public IReadOnlyDictionary<LogEntry.ChangeOneofCase, int> States { get; init; } = new Dictionary<LogEntry.ChangeOneofCase, int>();

    /// <summary>How many may come before old ones are removed.</summary>
    internal int Slack => Math.Max(1, Entries / 64);
}
