using System.Diagnostics;
using EdgeMesh.Relay.Methods;
using EdgeMesh.Relay.Policies.Shadows;

namespace EdgeMesh.Relay.Telemetry;

/// <summary>What is noted of one call while it runs.</summary>
/// <remarks>
/// Owned by the call, from <see cref="CallTelemetry.Begin"/> to <see cref="CallTelemetry.End"/>; each thread keeps one for its next
/// call, so that a hit allocates none. Nothing that outlives the call (a fill) may hold one. Bytes that arrive may be noted by
/// another thread than those that leave, never two at once.
/// </remarks>
internal sealed class CallRecord(RelayCounters counters)
{
    /// <summary><c>/package.Service/Method</c>, as the caller wrote it.</summary>
    public string Path { get; private set; } = string.Empty;

    /// <summary>The clock's timestamp of its beginning.</summary>
    public long Start { get; private set; }

    /// <summary>How it is answered.</summary>
    public CallOutcome Outcome { get; private set; }

    /// <summary>Why not from the store, or why by a stale answer: a token as in <c>cache-status</c>; null: nothing to say.</summary>
    public string? Reason { get; private set; }

    /// <summary>Whether it comes from a node, as it says: it is told what its answer is as-of.</summary>
    public bool IsFromNode { get; set; }

    /// <summary>What is known of its method; null: not looked up.</summary>
    public MethodState? Method { get; set; }

    /// <summary>What a rule that is only tried would have done; null: there is none.</summary>
    public ShadowCall? Shadow { get; set; }

    /// <summary>Its span; null: nobody wants one.</summary>
    public Activity? Span { get; set; }

    /// <summary>Bytes of the request's messages, prefixes included.</summary>
    public long ReceivedBytes { get; private set; }

    /// <summary>Bytes of the answer's messages, prefixes included.</summary>
    public long SentBytes { get; private set; }

    /// <summary>Whether it adds to these counters.</summary>
    public bool IsOf(RelayCounters others) => ReferenceEquals(counters, others);

    /// <summary>Sets everything back.</summary>
    public void Reset(string path, long start)
    {
        (Path, Start) = (path, start);
        (Outcome, Reason, IsFromNode, Method, Shadow, Span) = (CallOutcome.Refused, null, false, null, null, null);
        (ReceivedBytes, SentBytes) = (0, 0);
    }

    /// <summary>Notes how it is answered; the last word counts.</summary>
    public void Decide(CallOutcome outcome, string? reason = null) => (Outcome, Reason) = (outcome, reason);

    /// <summary>Notes bytes of the request.</summary>
    public void Received(long bytes)
    {
        ReceivedBytes += bytes;
        counters.AddReceived(bytes);
    }

    /// <summary>Notes bytes of the answer.</summary>
    public void Sent(long bytes)
    {
        SentBytes += bytes;
        counters.AddSent(bytes);
    }
}
