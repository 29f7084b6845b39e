namespace EdgeMesh.Workloads;

/// <summary>A line that a process wrote.</summary>
/// <param name="Number">Larger than that of every line before it, of whatever replica.</param>
/// <param name="Time">When it came.</param>
/// <param name="Replica">Whose it is.</param>
/// <param name="IsError">Whether it came on standard error.</param>
/// <param name="Text">Without its end; cut at 4,096 characters.</param>
public sealed record LogLine(long Number, DateTimeOffset Time, string Replica, bool IsError, string Text);
