using System.ComponentModel;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Contracts;

/// <summary>A place on Earth.</summary>
internal sealed record PositionJson(
    [property: Description("Degrees north, -90 to 90.")] double Latitude,
    [property: Description("Degrees east, -180 to 180.")] double Longitude)
{
    /// <summary>What a node said of its place, as JSON; null if it did not.</summary>
    public static PositionJson? Of(Position? position) => position is null ? null : new(position.Latitude, position.Longitude);

    /// <summary>As people type it, to a hundredth of a degree: about a kilometre.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Latitude:0.##},{Longitude:0.##}");
}
