using System.ComponentModel;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Contracts;

/// <summary>Answer of <c>workload ls</c>.</summary>
internal sealed record WorkloadsJson(
    [property: Description("By name.")] IReadOnlyList<WorkloadJson> Workloads);

/// <summary>A workload, in the JSON of <c>workload</c> commands.</summary>
internal sealed record WorkloadJson(
    [property: Description("Its name.")] string Name,
    [property: Description("What full names of its services begin with.")] IReadOnlyList<string> Services,
    [property: Description("Program and arguments; empty: it is registered by address.")] IReadOnlyList<string> Command,
    [property: Description("Whether a replica takes calls.")] bool Serving,
    [property: Description("Whether it was drained or stopped by request.")] bool Stopped,
    [property: Description("Its replicas, by number.")] IReadOnlyList<ReplicaJson> Replicas,
    [property: Description("Calls that were sent to replicas since the node started.")] ulong Calls,
    [property: Description("Of these, those that failed there: lost, refused, or answered UNAVAILABLE.")] ulong Failures,
    [property: Description("Calls that were sent again, to another replica.")] ulong Retries,
    [property: Description("Calls that went elsewhere, since no replica was well.")] ulong Fallbacks,
    [property: Description("Most memory of one replica in bytes; null: no limit.")] ulong? MemoryBytes,
    [property: Description("Most processor time of one replica, in processors; null: no limit.")] double? Cpus,
    [property: Description("Directories that are kept across restarts.")] IReadOnlyList<VolumeJson> Volumes)
{
    /// <summary>What a node says of a workload, as JSON.</summary>
    public static WorkloadJson Of(Workload workload) => new(
        workload.Name,
        workload.ServicePrefixes,
        workload.Command,
        workload.Serving,
        workload.Stopped,
        [.. workload.Replicas.Select(ReplicaJson.Of)],
        workload.Calls,
        workload.Failures,
        workload.Retries,
        workload.Fallbacks,
        workload.HasMemoryBytes ? workload.MemoryBytes : null,
        workload.HasCpus ? workload.Cpus : null,
        [.. workload.Volumes.Select(volume => new VolumeJson(volume.Name, volume.Path, volume.Shared))]);
}

/// <summary>A workload's directory.</summary>
internal sealed record VolumeJson(
    [property: Description("Its name.")] string Name,
    [property: Description("Where it is on the node's machine.")] string Path,
    [property: Description("Whether all replicas have the same; else each has one of its own in it.")] bool Shared);

/// <summary>A replica of a workload.</summary>
internal sealed record ReplicaJson(
    [property: Description("Its name.")] string Name,
    [property: Description("starting, ready, unhealthy, ejected, draining, backing-off or stopped.")] string State,
    [property: Description("Where it is called; null: it does not run.")] string? Address,
    [property: Description("Its process; null: it does not run, or others run it.")] uint? ProcessId,
    [property: Description("Its Availability Zone; null: not said.")] string? Zone,
    [property: Description("Its share of the calls beside others', 0.01 to 100.")] double Weight,
    [property: Description("How far it has warmed up, 0 to 1.")] double Warmth,
    [property: Description("Calls that run there.")] uint InFlight,
    [property: Description("Calls that were sent there since it was started last.")] ulong Calls,
    [property: Description("Of these, those that failed there.")] ulong Failures,
    [property: Description("How long it takes to begin an answer, in milliseconds; null: not known.")] double? LatencyMilliseconds,
    [property: Description("How often it was started anew.")] uint Restarts,
    [property: Description("When it was started last, ISO 8601 in UTC; null: it does not run.")] DateTimeOffset? Started,
    [property: Description("What is wrong with it, or was the last time; null: nothing was.")] string? Fault,
    [property: Description("What its limits are held by; null: it has none, or does not run.")] string? Limits)
{
    /// <summary>What a node says of a replica, as JSON.</summary>
    public static ReplicaJson Of(Replica replica) => new(
        replica.Name,
        replica.State == ReplicaState.BackingOff ? "backing-off" : replica.State.ToString().ToLowerInvariant(),
        replica.Address.Length > 0 ? replica.Address : null,
        replica.ProcessId > 0 ? replica.ProcessId : null,
        replica.Zone.Length > 0 ? replica.Zone : null,
        replica.Weight,
        Math.Round(replica.Warmth, 3),
        replica.InFlight,
        replica.Calls,
        replica.Failures,
        Milliseconds.Of(replica.Latency),
        replica.Restarts,
        replica.StartTime?.ToDateTimeOffset(),
        replica.Fault.Length > 0 ? replica.Fault : null,
        replica.Limits.Length > 0 ? replica.Limits : null);
}

/// <summary>Answer of <c>workload logs</c>.</summary>
internal sealed record WorkloadLogJson(
    [property: Description("The oldest first.")] IReadOnlyList<WorkloadLineJson> Lines);

/// <summary>A line that a workload's process wrote.</summary>
internal sealed record WorkloadLineJson(
    [property: Description("Larger than that of every line before it.")] long Number,
    [property: Description("When it came, ISO 8601 in UTC.")] DateTimeOffset Time,
    [property: Description("Name of the replica that wrote it.")] string Replica,
    [property: Description("Whether it came on standard error.")] bool Error,
    [property: Description("Without its end.")] string Text)
{
    /// <summary>What a node says of a line, as JSON.</summary>
    public static WorkloadLineJson Of(WorkloadLogLine line) => new(line.Number, line.Time.ToDateTimeOffset(), line.Replica, line.Error, line.Text);
}
