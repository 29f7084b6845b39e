using System.Diagnostics.Metrics;

namespace EdgeMesh.Workloads;

/// <summary>The instruments of workloads. docs/metrics.md lists them.</summary>
public static class WorkloadMeters
{
    /// <summary>The meter's name.</summary>
    public const string Name = "EdgeMesh.Workloads";

    private const string Attribute = "edgemesh.workload";

    /// <summary>Makes the instruments; the factory owns them.</summary>
    public static void Create(IMeterFactory factory, WorkloadTable table)
    {
        var meter = factory.Create(Name);
        meter.CreateObservableUpDownCounter("edgemesh.workload.replicas", () => table.All.SelectMany(CountReplicas), "{replica}", "Replicas of each workload, by state.");
        meter.CreateObservableGauge("edgemesh.workload.serving", () => Measure(table, workload => workload.IsServing ? 1L : 0), unit: null, "1: a replica of the workload takes calls; 0: none does.");
        meter.CreateObservableCounter("edgemesh.workload.calls", () => Measure(table, workload => workload.Calls), "{call}", "Calls that were sent to replicas, those sent again included.");
        meter.CreateObservableCounter("edgemesh.workload.failures", () => Measure(table, workload => workload.Failures), "{call}", "Those of them that failed there: lost, refused, or answered UNAVAILABLE.");
        meter.CreateObservableCounter("edgemesh.workload.retries", () => Measure(table, workload => workload.Retries), "{call}", "Calls that were sent again, to another replica.");
        meter.CreateObservableCounter("edgemesh.workload.fallbacks", () => Measure(table, workload => workload.Fallbacks), "{call}", "Calls that went elsewhere, since no replica was well.");
        meter.CreateObservableCounter("edgemesh.workload.ejections", () => Measure(table, workload => workload.Ejections), "{ejection}", "How often a replica's failures took it out for a while.");
        meter.CreateObservableUpDownCounter("edgemesh.workload.active_calls", () => Measure(table, workload => workload.InFlight), "{call}", "Calls that run at replicas now.");
        meter.CreateObservableCounter("edgemesh.workload.restarts", () => Measure(table, workload => workload.Restarts), "{restart}", "Processes of replicas that were started anew.");
    }

    private static IEnumerable<Measurement<long>> Measure(WorkloadTable table, Func<Workload, long> read) =>
        table.All.Select(workload => new Measurement<long>(read(workload), new KeyValuePair<string, object?>(Attribute, workload.Options.Name)));

    private static IEnumerable<Measurement<long>> CountReplicas(Workload workload) =>
        workload.ReadStatus().Replicas.GroupBy(replica => replica.StateName).Select(group =>
            new Measurement<long>(group.Count(), new KeyValuePair<string, object?>(Attribute, workload.Options.Name), new KeyValuePair<string, object?>("edgemesh.workload.state", group.Key)));
}
