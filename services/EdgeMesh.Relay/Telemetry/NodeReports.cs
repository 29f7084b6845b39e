using EdgeMesh.Caching;
using EdgeMesh.V1;
using Google.Protobuf.WellKnownTypes;

namespace EdgeMesh.Relay.Telemetry;

/// <summary>Writes what a node counted into the message that the Region and <c>edgemesh top</c> read.</summary>
public static class NodeReports
{
    /// <summary>Adds what rules that are only tried would have saved.</summary>
    public static void AddShadows(NodeReport report, RelayHandler relay) => report.Shadows.AddRange(relay.Shadows.OrderBy(shadow => shadow.Key, StringComparer.Ordinal).Select(shadow => new ShadowReport
    {
        Method = shadow.Key,
        Calls = (ulong)shadow.Value.Calls,
        Hits = (ulong)shadow.Value.Hits,
        SavedCalls = (ulong)shadow.Value.SavedCalls,
        SavedBytes = (ulong)shadow.Value.SavedBytes,
    }));

    /// <summary>Reads everything now.</summary>
    /// <param name="counters">The relay's.</param>
    /// <param name="store">What answers are kept in; null: none.</param>
    /// <param name="isDraining">Whether the node takes no new calls.</param>
    public static NodeReport Read(RelayCounters counters, ICacheStore? store, bool isDraining) => new()
    {
        Draining = isDraining,
        Hits = (ulong)counters.Hits,
        Misses = (ulong)counters.Misses,
        Coalesced = (ulong)counters.Coalesced,
        Bypasses = (ulong)counters.Bypasses,
        UpstreamFailures = (ulong)counters.UpstreamFailures,
        Entries = (ulong)(store?.Count ?? 0),
        CacheBytes = (ulong)(store?.ChargedBytes ?? 0),
        Calls = (ulong)counters.Calls,
        InFlight = (ulong)counters.InFlight,
        ReceivedBytes = (ulong)counters.ReceivedBytes,
        SentBytes = (ulong)counters.SentBytes,
        Errors = (ulong)counters.Errors,
        Latency = ToMessage(counters.ReadLatency()),
        HitLatency = ToMessage(counters.ReadLatency(CallOutcome.Hit)),
        MissLatency = ToMessage(counters.ReadLatency(CallOutcome.Miss, CallOutcome.Coalesced)),
        RelayLatency = ToMessage(counters.ReadLatency(CallOutcome.Bypass)),
    };

    private static LatencySummary ToMessage(LatencyQuantiles latency)
    {
        var summary = new LatencySummary { Count = (ulong)latency.Count, Window = Duration.FromTimeSpan(latency.Window) };
        if (latency.Count > 0)
        {
            summary.P50 = Duration.FromTimeSpan(latency.P50);
            summary.P90 = Duration.FromTimeSpan(latency.P90);
            summary.P99 = Duration.FromTimeSpan(latency.P99);
        }

        return summary;
    }
}
