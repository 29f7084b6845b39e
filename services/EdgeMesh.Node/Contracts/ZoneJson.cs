using System.ComponentModel;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Contracts;

/// <summary>A Local Zone, in the JSON of <c>zones</c>.</summary>
internal sealed record ZoneJson(
    [property: Description("Its name.")] string Name,
    [property: Description("ready, draining, lost or unknown.")] string State,
    [property: Description("Where its data listener is reached.")] string Address,
    [property: Description("Prefixes of the services that are placed there.")] IReadOnlyList<string> Services)
{
    /// <summary>What a Region says of a zone, as JSON.</summary>
    public static ZoneJson Of(NodeInfo zone) => new(zone.Name, NodeJson.StateOf(zone.State), zone.Address, [.. zone.PlacedServices]);
}

/// <summary>A group of Local Zones, in the JSON of <c>zones</c>.</summary>
internal sealed record ZoneGroupJson(
    [property: Description("Its name.")] string Name,
    [property: Description("Whether its zones take placements.")] bool Enabled,
    [property: Description("Its zones by name, present or lost within the last hour.")] IReadOnlyList<ZoneJson> Zones)
{
    /// <summary>What a Region says of a group, as JSON.</summary>
    public static ZoneGroupJson Of(ZoneGroup group) => new(group.Name, group.Enabled, [.. group.Zones.Select(ZoneJson.Of)]);
}

/// <summary>The JSON of <c>zones list</c>.</summary>
internal sealed record ZoneGroupsJson(
    [property: Description("By name.")] IReadOnlyList<ZoneGroupJson> Groups);
