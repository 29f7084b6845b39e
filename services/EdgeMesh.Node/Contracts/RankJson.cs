using System.ComponentModel;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Contracts;

/// <summary>The JSON of <c>rank</c>.</summary>
internal sealed record RankJson(
    [property: Description("The nearest first.")] IReadOnlyList<RankedNodeJson> Nodes);

/// <summary>A node in a ranking.</summary>
internal sealed record RankedNodeJson(
    [property: Description("Its name.")] string Node,
    [property: Description("region, edge-location or local-zone.")] string Kind,
    [property: Description("Where its data listener is reached.")] string Address,
    [property: Description("The round trip to expect, in milliseconds; null when nothing is known.")] double? ExpectedMs,
    [property: Description("One standard deviation of it, in milliseconds; null when nothing is known.")] double? UncertaintyMs,
    [property: Description("What that rests on: measured, coordinates, positions or nothing.")] string Basis,
    [property: Description("The same in a line for people.")] string Why,
    [property: Description("Where it stands; null when it did not say.")] PositionJson? Position)
{
    /// <summary>A ranked node, as JSON.</summary>
    public static RankedNodeJson Of(RankedNode node) => new(
        node.Node,
        NodeJson.KindOf(node.Kind),
        node.Address,
        Milliseconds.Of(node.Expected),
        node.Expected is null ? null : Milliseconds.Of(node.Uncertainty),
        node.Basis switch { RankBasis.Measured => "measured", RankBasis.Coordinates => "coordinates", RankBasis.Positions => "positions", _ => "nothing" },
        node.Why,
        PositionJson.Of(node.Position));
}
