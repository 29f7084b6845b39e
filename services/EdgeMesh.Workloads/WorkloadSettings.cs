namespace EdgeMesh.Workloads;

/// <summary>What a node says of its workloads. Immutable.</summary>
public sealed class WorkloadSettings
{
    private const int MaxWorkloads = 1000;

    /// <summary>The node's name.</summary>
    public required string Node { get; init; }

    /// <summary>The Availability Zone of replicas that have none of their own; null: not said.</summary>
    public string? Zone { get; init; }

    /// <summary>Each with another name and other service prefixes.</summary>
    public required IReadOnlyList<WorkloadOptions> Workloads { get; init; }

    /// <summary>Where it is kept what workloads were scaled to, and which were drained or stopped: an existing directory when the first of that is asked; null: nowhere.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Draws replicas and waits; thread-safe.</summary>
    public Random Random { get; init; } = Random.Shared;

    /// <summary>Where the machine's control groups (version 2) are. Default <c>/sys/fs/cgroup</c>.</summary>
    public string CgroupRoot { get; init; } = "/sys/fs/cgroup";

    /// <summary>Everything that is wrong, one line a fault, each beginning with <c>--workloads</c>.</summary>
    public IReadOnlyList<string> FindFaults()
    {
        var faults = Workloads.SelectMany(workload => workload.FindViolations().Select(violation => $"--workloads {workload.Name}: {violation}")).ToList();
        faults.AddRange(Workloads.GroupBy(workload => workload.Name).Where(group => group.Count() > 1).Select(group => $"--workloads has the name \"{group.Key}\" {group.Count()} times: each must have one of its own"));
        faults.AddRange(Workloads
            .SelectMany(workload => workload.ServicePrefixes.Distinct(StringComparer.Ordinal).Select(prefix => (prefix, workload.Name)))
            .GroupBy(one => one.prefix)
            .Where(group => group.Count() > 1)
            .Select(group => $"--workloads {string.Join(" and ", group.Select(one => one.Name))} have the same services \"{group.Key}\": each must have prefixes of its own"));
        if (Workloads.Count > MaxWorkloads)
        {
            faults.Add($"--workloads must be up to {MaxWorkloads}, got {Workloads.Count}");
        }

        return faults;
    }
}
