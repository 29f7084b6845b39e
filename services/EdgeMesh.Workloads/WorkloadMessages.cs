using EdgeMesh.V1;
using Google.Protobuf.WellKnownTypes;

namespace EdgeMesh.Workloads;

/// <summary>Workloads as messages.</summary>
internal static class WorkloadMessages
{
    /// <summary>A workload as it is now.</summary>
    public static V1.Workload Write(Workload workload)
    {
        var status = workload.ReadStatus();
        var options = status.Options;
        var message = new V1.Workload
        {
            Name = options.Name,
            ServicePrefixes = { options.ServicePrefixes },
            Command = { options.Command },
            Serving = status.IsServing,
            Stopped = status.IsStopped,
            Replicas = { status.Replicas.Select(Write) },
            Calls = (ulong)workload.Calls,
            Failures = (ulong)workload.Failures,
            Retries = (ulong)workload.Retries,
            Fallbacks = (ulong)workload.Fallbacks,
            Volumes = { options.Volumes.Select(volume => new WorkloadVolume { Name = volume.Name, Path = volume.Path, Shared = volume.IsShared }) },
        };
        if (options.MemoryBytes is { } memory)
        {
            message.MemoryBytes = (ulong)memory;
        }

        if (options.Cpus is { } cpus)
        {
            message.Cpus = cpus;
        }

        return message;
    }

    /// <summary>A line of a log.</summary>
    public static WorkloadLogLine Write(LogLine line) => new() { Number = line.Number, Time = line.Time.ToTimestamp(), Replica = line.Replica, Error = line.IsError, Text = line.Text };

    private static Replica Write(ReplicaStatus replica) => new()
    {
        Name = replica.Name,
        State = replica.State switch
        {
            ReplicaState.Starting => V1.ReplicaState.Starting,
            ReplicaState.Ready => V1.ReplicaState.Ready,
            ReplicaState.Unhealthy => V1.ReplicaState.Unhealthy,
            ReplicaState.Ejected => V1.ReplicaState.Ejected,
            ReplicaState.Draining => V1.ReplicaState.Draining,
            ReplicaState.BackingOff => V1.ReplicaState.BackingOff,
            _ => V1.ReplicaState.Stopped,
        },
        Address = replica.Address?.GetLeftPart(UriPartial.Authority) ?? "",
        ProcessId = (uint)(replica.ProcessId ?? 0),
        Zone = replica.Zone ?? "",
        Weight = replica.Weight,
        Warmth = replica.Warmth,
        InFlight = (uint)Math.Max(0, replica.InFlight),
        Calls = (ulong)replica.Calls,
        Failures = (ulong)replica.Failures,
        Latency = replica.Latency is { } latency ? Duration.FromTimeSpan(latency) : null,
        Restarts = (uint)replica.Restarts,
        StartTime = replica.StartedAt?.ToTimestamp(),
        Fault = replica.Fault ?? "",
        Limits = replica.Limits ?? "",
    };
}
