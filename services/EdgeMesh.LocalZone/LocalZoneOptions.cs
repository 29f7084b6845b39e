using EdgeMesh.Downstream;
using EdgeMesh.Relay;
using EdgeMesh.V1;
using EdgeMesh.Workloads;

namespace EdgeMesh.LocalZone;

/// <summary>What a user says of a Local Zone, whose name is like <c>eu-west-2-man-1a</c>. Immutable.</summary>
public sealed class LocalZoneOptions : DownstreamOptions
{
    /// <summary>Listens on <c>127.0.0.1:6411</c>, unless it is told otherwise.</summary>
    public LocalZoneOptions()
        : base(listen: "127.0.0.1:6411")
    {
    }

    /// <summary>The group that it belongs to, of the same Region; null: by its name, <c>eu-west-2-man-1</c> for <c>eu-west-2-man-1a</c>.</summary>
    public string? Group { get; init; }

    /// <summary>Directory for what it must know when it starts without its Region, created when missing; null: it knows nothing then, and places nothing until it has joined.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>The Availability Zone (failure domain) of replicas that have none of their own; null: the zone itself.</summary>
    public string? AvailabilityZone { get; init; }

    /// <summary>The user's services that are placed in it, each with another name and other service prefixes.</summary>
    public IReadOnlyList<WorkloadOptions> Workloads { get; init; } = [];

    /// <inheritdoc/>
    internal override NodeKind Kind => NodeKind.LocalZone;

    /// <inheritdoc/>
    internal override string KindText => "Local Zone";

    /// <inheritdoc/>
    internal override string ZoneGroup => Group ?? NodeNames.ZoneGroupOf(Name);

    /// <inheritdoc/>
    internal override void FindOwnFaults(List<string> failures)
    {
        if (Group is not null && !NodeNames.IsZoneGroup(Group))
        {
            failures.Add($"--group {NodeNames.ZoneGroupRule}; is {NodeNames.Quote(Group)}");
        }
        else if (Group is not null && NodeNames.IsLocalZone(Name) && NodeNames.ParentOf(Group) != NodeNames.ParentOf(Name))
        {
            failures.Add($"--group must be of the zone's own Region, {NodeNames.ParentOf(Name)}; is {NodeNames.Quote(Group)}");
        }

        if (DataDirectory is not null && (string.IsNullOrWhiteSpace(DataDirectory) || File.Exists(DataDirectory)))
        {
            failures.Add($"--data must name a directory, got {NodeNames.Quote(DataDirectory)}");
        }

        failures.AddRange(WorkloadSettings.FindFaults());
    }

    /// <summary>What its workloads are made from.</summary>
    internal WorkloadSettings WorkloadSettings => new() { Node = Name, Zone = AvailabilityZone ?? Name, DataDirectory = DataDirectory, Workloads = Workloads };
}
