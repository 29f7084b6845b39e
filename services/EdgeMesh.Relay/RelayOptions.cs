using EdgeMesh.Relay.Cache;
using EdgeMesh.Relay.Coherence;
using EdgeMesh.Relay.Telemetry;

namespace EdgeMesh.Relay;

/// <summary>How a node relays.</summary>
public sealed class RelayOptions
{
    /// <summary>The node's name, as callers see it in <c>x-edgemesh-node</c> and <c>cache-status</c>.</summary>
    public required string NodeName { get; init; }

    /// <summary>Kind and name, for messages to people: <c>edge location LHR50-1</c>.</summary>
    public required string NodeDescription { get; init; }

    /// <summary>Whether answers keep the <c>x-edgemesh-node</c> that they came with, or have none: for a hop that callers do not mean. Default: they show <see cref="NodeName"/>.</summary>
    public bool IsTransparent { get; init; }

    /// <summary>Whether an answer that another node gave keeps that one's <c>x-edgemesh-node</c>: for a node whose callers want to know if it answered or passed their call on. Default: it shows <see cref="NodeName"/>.</summary>
    public bool NamesUpstreamNodes { get; init; }

    /// <summary>Gets a line for each call; null: nobody does.</summary>
    public AccessLog? AccessLog { get; init; }

    /// <summary>The log of a node that asks origins, whose answers are as of its head; null: a node of another kind.</summary>
    public LogFeed? Log { get; init; }

    /// <summary>The log as a caching node has applied it; upstreams that are nodes tell what their answers are as-of, those of others are as-of what this node had applied when it asked. Null: a node of another kind, or one that nobody purges.</summary>
    public AppliedLog? Applied { get; init; }

    /// <summary>
    /// How long a call of a method whose shape is not known may wait for the end of its request before it is forwarded.
    /// Default 500 ms: a unary client ends its request with the message, but some clients end it in a write of its own, and two
    /// hundred that start at once on a busy machine take their time; a bidirectional call that waits for the server's first
    /// message pays this once per method.
    /// </summary>
    public TimeSpan UnaryWait { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// The same for a method that once had no end of its request in time. Default 25 ms: enough for most
    /// unary requests, so that a slow caller cannot take a method out of the cache; little at the start of a stream, and
    /// nothing once the method has shown a second message.
    /// </summary>
    public TimeSpan SuspectedWait { get; init; } = TimeSpan.FromMilliseconds(25);

    /// <summary>
    /// The same for a method whose descriptor says that it is unary, or that was and whose answers declare caching. Default 10 s:
    /// its end is sure to come, so only a broken or hostile caller pays.
    /// </summary>
    public TimeSpan DeclaredUnaryWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Longest request message that is part of a key, in bytes; calls with longer ones are relayed. Default 64 KiB: below
    /// Kestrel's per-stream window, so that waiting for the end cannot stall the sender.
    /// </summary>
    public int MaxKeyedMessageBytes { get; init; } = 64 * 1024;

    /// <summary>Longest answer that is stored, in bytes. Default 4 MiB + 64 KiB: the largest message of a default client, and its frame.</summary>
    public int MaxStoredMessageBytes { get; init; } = (4 * 1024 * 1024) + (64 * 1024);

    /// <summary>Where requests for cached answers are noted; null: nowhere. Its owner disposes of it.</summary>
    public TraceRecorder? Trace { get; init; }

    /// <summary>How long a fill may run on when nobody waits for it any more. Default 30 s.</summary>
    public TimeSpan DetachedFillTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a call waits for another's fill of a method that has not yet declared caching. Default 5 s: two equal
    /// long polls must not queue for longer.
    /// </summary>
    public TimeSpan UnprovenWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a call that has a stale answer to fall back on (stale-if-error) waits for a new one, at most; never for more than half
    /// of its own time that is left. Default 5 s: then upstream has failed for it, and for calls that come after it.
    /// </summary>
    public TimeSpan StaleIfErrorWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long an answer that this node holds whole (a hit, a fill) may wait for its caller to read on. Default 30 s: meanwhile the
    /// store cannot use a large answer's memory for another. Relayed streams may rest for as long as they like.
    /// </summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// What all answers that wait for their callers may hold together, in bytes; beyond it those that have waited longest
    /// are given up. Default: a sixteenth of the memory that the process may use, at least 64 MiB.
    /// </summary>
    public long MaxUnreadBytes { get; init; } = ShareOfMemory();

    /// <summary>
    /// What all fills in flight may hold together, in bytes; beyond it an answer goes to its caller only and is not stored.
    /// Default: a sixteenth of the memory that the process may use, at least 64 MiB.
    /// </summary>
    public long MaxFillBytes { get; init; } = ShareOfMemory();

    private static long ShareOfMemory() => Math.Max(64L << 20, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 16);
}
