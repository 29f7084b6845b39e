using System.Diagnostics.Metrics;
using EdgeMesh.Caching;
using EdgeMesh.Downstream.ControlStream;
using EdgeMesh.Relay.Coherence;
using EdgeMesh.V1;

namespace EdgeMesh.Downstream;

/// <summary>The instruments of what only a node below a Region knows: its cache and its place in the mesh. docs/metrics.md lists them.</summary>
internal static class DownstreamMeters
{
    /// <summary>The meter's name.</summary>
    public const string Name = "EdgeMesh.Downstream";

    private static readonly (StoreOutcome Outcome, string Name)[] Outcomes =
    [
        (StoreOutcome.Stored, "stored"), (StoreOutcome.Expired, "expired"), (StoreOutcome.Oversize, "oversize"),
        (StoreOutcome.NotAdmitted, "not-admitted"), (StoreOutcome.Purged, "purged"), (StoreOutcome.NoRoom, "no-room"),
    ];

    private static readonly (InvalidationTarget.TargetOneofCase Kind, string Name)[] Targets =
    [
        (InvalidationTarget.TargetOneofCase.Tag, "tag"), (InvalidationTarget.TargetOneofCase.Request, "request"), (InvalidationTarget.TargetOneofCase.Method, "method"), (InvalidationTarget.TargetOneofCase.All, "all"),
    ];

    /// <summary>Makes the instruments; the factory owns them.</summary>
    public static void Create(IMeterFactory factory, RegionLink link, SlabStore store, AppliedLog log)
    {
        var meter = factory.Create(Name);
        meter.CreateObservableGauge("edgemesh.region_link.joined", () => link.IsJoined ? 1L : 0, unit: null, "1: the Region counts this node as present; 0: it does not.");
        meter.CreateObservableUpDownCounter("edgemesh.cache.entries", () => store.Count, "{entry}", "Entries in the cache; expired ones that were not yet removed count.");
        meter.CreateObservableUpDownCounter("edgemesh.cache.size", () => store.ChargedBytes, "By", "Memory that the cache holds.");
        meter.CreateObservableUpDownCounter("edgemesh.cache.capacity", () => store.GetStatistics().CapacityBytes, "By", "Memory that the cache may hold.");
        meter.CreateObservableCounter("edgemesh.cache.insertions", () => Insertions(store), "{entry}", "Entries that were to be stored, by what became of them: all but stored are rejections.");
        meter.CreateObservableCounter("edgemesh.cache.removals", () => Removals(store), "{entry}", "Entries that went, by why: evicted for others, expired, purged.");
        meter.CreateObservableGauge("edgemesh.log.position", () => log.Position is { } position ? [new Measurement<long>((long)position.Sequence)] : Array.Empty<Measurement<long>>(), "{entry}", "Place in the log of the last entry that this node has applied.");
        meter.CreateObservableCounter("edgemesh.log.resets", () => log.Resets, "{reset}", "Times that this node started anew at the end of the log, and dropped what was older.");
        meter.CreateObservableCounter("edgemesh.purge.targets", () => Targets.Select(one => Measure(log.CountTargets(one.Kind), "edgemesh.purge.target", one.Name)), "{target}", "Targets of purges that this node has applied, by kind.");
    }

    private static IEnumerable<Measurement<long>> Insertions(SlabStore store)
    {
        var statistics = store.GetStatistics();
        return Outcomes.Select(one => Measure(statistics.CountOf(one.Outcome), "edgemesh.store.outcome", one.Name));
    }

    private static IEnumerable<Measurement<long>> Removals(SlabStore store)
    {
        var statistics = store.GetStatistics();
        return [Measure(statistics.Evictions, "edgemesh.reason", "evicted"), Measure(statistics.Expirations, "edgemesh.reason", "expired"), Measure(statistics.Purged, "edgemesh.reason", "purged")];
    }

    private static Measurement<long> Measure(long value, string attribute, string text) => new(value, new KeyValuePair<string, object?>(attribute, text));
}
