using System.ComponentModel;

namespace EdgeMesh.Node.Contracts;

/// <summary>The JSON of <c>lab up</c>.</summary>
internal sealed record DelayedMeshJson(
    [property: Description("The nodes that were started, the Region first.")] IReadOnlyList<PlacedNodeJson> Nodes,
    [property: Description("The clients, and whom they picked.")] IReadOnlyList<PlacedClientJson> Clients,
    [property: Description("With --check: whether every client calls a node that is as near as its best, and no call failed. Else null.")] bool? Passed);

/// <summary>A node of <c>lab up</c>.</summary>
internal sealed record PlacedNodeJson(
    [property: Description("Its name.")] string Name,
    [property: Description("Its row of the matrix.")] string Place,
    [property: Description("Where it is reached, by way of its delaying relay.")] string Address,
    [property: Description("Its process.")] int Pid,
    [property: Description("Whether it ended before the lab did.")] bool Ended);

/// <summary>A client of <c>lab up</c>.</summary>
internal sealed record PlacedClientJson(
    [property: Description("Its row of the matrix.")] string Place,
    [property: Description("The node that its calls go to; null: it knew none.")] string? Node,
    [property: Description("That node's row; null: none.")] string? NodePlace,
    [property: Description("The round trip there that the client measured, milliseconds; null: none yet.")] double? MeasuredMs,
    [property: Description("The round trip there by the matrix, --rtt included, milliseconds; null: it knew none.")] double? ChosenMs,
    [property: Description("The node that is nearest by the matrix, of those that still run.")] string BestNode,
    [property: Description("The round trip there, milliseconds.")] double BestMs,
    [property: Description("Whether the choice is at most 2 ms, or a tenth, farther than the best.")] bool IsNearest,
    [property: Description("Times that the home became another node.")] long Moves,
    [property: Description("Calls that it made.")] int Calls,
    [property: Description("Those that did not end with OK.")] int FailedCalls,
    [property: Description("Median of its calls, milliseconds; null: none ended.")] double? P50Ms,
    [property: Description("Their 99th percentile, milliseconds; null: none ended.")] double? P99Ms);
