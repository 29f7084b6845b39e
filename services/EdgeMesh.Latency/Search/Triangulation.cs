namespace EdgeMesh.Latency.Search;

/// <summary>Bounds the round trip to a node by the triangle inequality through every node that was probed.</summary>
/// <remarks>Hotz' bounds, as in Ng and Zhang, "Predicting Internet Network Distance with Coordinates-Based Approaches" (INFOCOM 2002): no less than the greatest difference, no more than the least sum. Stateless.</remarks>
internal static class Triangulation
{
    /// <summary>The middle between both bounds, milliseconds; infinite if no distance to a probed node is known.</summary>
    public static double Expect(int candidate, SearchProbes probes, NodeDistances distances)
    {
        double least = 0, most = double.PositiveInfinity;
        foreach (var node in probes.Answered)
        {
            var between = distances.From(node)[candidate];
            if (!double.IsNaN(between))
            {
                least = Math.Max(least, Math.Abs(probes[node] - between));
                most = Math.Min(most, probes[node] + between);
            }
        }

        return (least + most) / 2;
    }
}
