using Google.Protobuf.WellKnownTypes;

namespace EdgeMesh.Probing.Messages;

/// <summary>Durations that a peer told.</summary>
public static class DurationMessages
{
    // Far beyond all that is asked of latencies, and far within what a TimeSpan holds.
    private const long MostSeconds = 1L << 32;
    private const int NanosPerSecond = 1_000_000_000;

    /// <summary>Reads one.</summary>
    /// <param name="message">Null: it told none.</param>
    /// <returns>Null if there is none, or if it is negative, longer than 136 years, or no duration at all.</returns>
    public static TimeSpan? Read(Duration? message) =>
        message is { Seconds: >= 0 and <= MostSeconds, Nanos: >= 0 and < NanosPerSecond }
            ? TimeSpan.FromTicks((message.Seconds * TimeSpan.TicksPerSecond) + (message.Nanos / TimeSpan.NanosecondsPerTick))
            : null;
}
