using System.Globalization;

namespace EdgeMesh.Workloads;

/// <summary>Where a replica is in its life.</summary>
public enum ReplicaState
{
    /// <summary>Its process was started, or its address is known, and no probe has found it well yet.</summary>
    Starting,

    /// <summary>It takes calls.</summary>
    Ready,

    /// <summary>Probes find it unwell.</summary>
    Unhealthy,

    /// <summary>Its calls failed so that it gets none for a while.</summary>
    Ejected,

    /// <summary>It gets no new calls; running ones end.</summary>
    Draining,

    /// <summary>Its process ended or could not be started, and will be started anew.</summary>
    BackingOff,

    /// <summary>It is stopped.</summary>
    Stopped,
}

/// <summary>A workload as it is at a moment.</summary>
/// <param name="Options">What the user says of it.</param>
/// <param name="IsServing">Whether a replica takes calls.</param>
/// <param name="IsStopped">Whether it was drained or stopped by request.</param>
/// <param name="Replicas">By number.</param>
public sealed record WorkloadStatus(WorkloadOptions Options, bool IsServing, bool IsStopped, IReadOnlyList<ReplicaStatus> Replicas);

/// <summary>A replica as it is at a moment.</summary>
public sealed record ReplicaStatus
{
    /// <summary><c>shop-1</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Where it is in its life.</summary>
    public required ReplicaState State { get; init; }

    /// <summary>Where it is called; null: it does not run.</summary>
    public Uri? Address { get; init; }

    /// <summary>Its process; null: it does not run, or others run it.</summary>
    public int? ProcessId { get; init; }

    /// <summary>Its Availability Zone; null: not said.</summary>
    public string? Zone { get; init; }

    /// <summary>Its share of the calls beside others'.</summary>
    public double Weight { get; init; }

    /// <summary>How far it has warmed up, 0 to 1.</summary>
    public double Warmth { get; init; }

    /// <summary>Calls that run there.</summary>
    public int InFlight { get; init; }

    /// <summary>Calls that were sent there since it was started last.</summary>
    public long Calls { get; init; }

    /// <summary>Of these, those that failed there.</summary>
    public long Failures { get; init; }

    /// <summary>How long it takes to begin an answer; null: not known.</summary>
    public TimeSpan? Latency { get; init; }

    /// <summary>How often its process was started anew.</summary>
    public int Restarts { get; init; }

    /// <summary>When it was started last; null: it does not run.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>What is wrong with it, and how it ended the last time; null: nothing is, nor was.</summary>
    public string? Fault { get; init; }

    /// <summary>What its limits are held by, where it has some; null: it has none.</summary>
    public string? Limits { get; init; }

    /// <summary>Name, state and fault in a few words.</summary>
    public string Describe() => Fault is null ? $"{Name} is {StateName}" : string.Create(CultureInfo.InvariantCulture, $"{Name} is {StateName} ({Fault})");

    /// <summary>The state in words: <c>backing-off</c>.</summary>
    public string StateName => State == ReplicaState.BackingOff ? "backing-off" : State.ToString().ToLowerInvariant();
}
