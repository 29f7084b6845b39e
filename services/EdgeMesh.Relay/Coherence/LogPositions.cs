using EdgeMesh.V1;

namespace EdgeMesh.Relay.Coherence;

/// <summary>What positions in a log mean to each other.</summary>
public static class LogPositions
{
    /// <summary>The position of who has applied an entry last.</summary>
    public static LogPosition PositionOf(this LogEntry entry) => new() { Epoch = entry.Epoch, Sequence = entry.Sequence, CommitTime = entry.CommitTime };

    /// <summary>Where somebody is who has applied an update.</summary>
    public static LogPosition Reached(this LogUpdate update) => update.Reset ?? update.Entries[^1].PositionOf();

    /// <summary>Whether who is here has applied what stands at another position: in a later epoch he has dropped all that he had.</summary>
    public static bool HasReached(this LogPosition position, LogPosition other) =>
        position.Epoch > other.Epoch || (position.Epoch == other.Epoch && position.Sequence >= other.Sequence);

    /// <summary>For people: <c>17</c>; the epoch is told where it matters.</summary>
    public static string Show(this LogPosition position) => position.Sequence.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
