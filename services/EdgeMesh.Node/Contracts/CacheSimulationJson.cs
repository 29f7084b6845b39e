using System.ComponentModel;
using System.Text.Json.Serialization;
using EdgeMesh.Lab.CacheSimulation;

namespace EdgeMesh.Node.Contracts;

/// <summary>What one policy at one capacity made of a trace, in the JSON of <c>cache simulate</c>.</summary>
internal sealed record CacheSimulationJson(
    [property: Description("The policy's name, as --policy takes it.")] string Policy,
    [property: Description("The capacity as it was asked for, such as 1%.")] string Capacity,
    [property: Description("The same in bytes; with --unit, and in formats without sizes, in objects.")]
    [property: JsonPropertyName("capacity_bytes")] long CapacityBytes,
    [property: Description("Hits per request, 0 to 1.")]
    [property: JsonPropertyName("object_hit")] double ObjectHit,
    [property: Description("Bytes of hits per requested byte, 0 to 1.")]
    [property: JsonPropertyName("byte_hit")] double ByteHit)
{
    /// <summary>A result, as JSON.</summary>
    public static CacheSimulationJson Of(string capacity, SimulationResult result) =>
        new(result.Policy, capacity, result.CapacityBytes, result.ObjectHit, result.ByteHit);
}
