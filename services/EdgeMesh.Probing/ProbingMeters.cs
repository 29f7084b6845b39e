using System.Diagnostics.Metrics;
using EdgeMesh.Latency.Pairs;
using EdgeMesh.Probing.Answers;
using EdgeMesh.Probing.Peers;

namespace EdgeMesh.Probing;

/// <summary>The instruments of probing. docs/metrics.md lists them.</summary>
/// <remarks>Of each peer only while it is one, so at most as many series as a node has peers.</remarks>
public static class ProbingMeters
{
    /// <summary>The meter's name.</summary>
    public const string Name = "EdgeMesh.Probing";

    private const string PeerAttribute = "edgemesh.peer";
    private static readonly (Reachability State, string Name)[] States = [(Reachability.Unknown, "unknown"), (Reachability.Reachable, "reachable"), (Reachability.Unreachable, "unreachable")];

    /// <summary>Makes the instruments; the factory owns them.</summary>
    public static void Create(IMeterFactory factory, Prober prober, ProbeReflector reflector, ProbeStreamSlots slots)
    {
        var meter = factory.Create(Name);
        meter.CreateObservableCounter("edgemesh.probing.sent", () => prober.Sent, "{probe}", "Probes of peers that were due.");
        meter.CreateObservableCounter("edgemesh.probing.lost", () => prober.Lost, "{probe}", "Probes without an answer in time, implausible ones included.");
        meter.CreateObservableCounter("edgemesh.probing.implausible", () => prober.Implausible, "{probe}", "Answers that cannot be true, or that another node gave.");
        meter.CreateObservableCounter("edgemesh.probing.answers", () => reflector.Answers, "{probe}", "Probes of others that this node answered; they are none of edgemesh.relay.calls.");
        meter.CreateObservableUpDownCounter("edgemesh.probing.streams", () => (long)slots.Count, "{stream}", "Probe streams of others that are open.");
        meter.CreateObservableUpDownCounter("edgemesh.probing.peers", () => Peers(prober), "{node}", "Peers by what their probes say: unknown, reachable, unreachable.");
        meter.CreateObservableGauge("edgemesh.probing.round_trip", () => RoundTrips(prober), "s", "Round trip to each peer that is reached, when nobody waits.");
    }

    private static IEnumerable<Measurement<long>> Peers(Prober prober)
    {
        var counts = prober.ReadPairs().CountBy(pair => pair.Estimate.Reachability).ToDictionary();
        return States.Select(state => new Measurement<long>(counts.GetValueOrDefault(state.State), new KeyValuePair<string, object?>("edgemesh.reachability", state.Name)));
    }

    private static IEnumerable<Measurement<double>> RoundTrips(Prober prober) =>
        prober.ReadPairs()
            .Where(pair => pair.Estimate is { Source: EstimateSource.Measured, Reachability: Reachability.Reachable })
            .Select(pair => new Measurement<double>(pair.Estimate.RoundTrip!.Value.TotalSeconds, new KeyValuePair<string, object?>(PeerAttribute, pair.Node.Name)));
}
