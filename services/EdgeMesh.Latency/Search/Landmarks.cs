namespace EdgeMesh.Latency.Search;

/// <summary>Picks a few nodes that stand spread over the mesh, so that the first probes tell which part of it the client is in.</summary>
/// <remarks>
/// Greedy k-median: each next landmark is the one that brings all nodes nearest to some landmark on average, so that crowded parts get theirs before remote corners do. It is within a
/// constant of the best choice (Cornuejols, Fisher and Nemhauser, Management Science 1977). Of more than <see cref="Sample"/> nodes a random sample is looked at. Stateless.
/// </remarks>
internal static class Landmarks
{
    /// <summary>Nodes looked at: the work is the square of it.</summary>
    public const int Sample = 128;

    /// <summary>Chooses.</summary>
    /// <param name="distances">Of all candidates.</param>
    /// <param name="candidates">How many there are.</param>
    /// <param name="count">How many to choose.</param>
    /// <param name="random">Draws the sample.</param>
    /// <returns>Different candidates, the most central first; fewer than asked if there are no more.</returns>
    public static IReadOnlyList<int> Choose(NodeDistances distances, int candidates, int count, Random random)
    {
        var pool = Enumerable.Range(0, candidates).ToArray();
        if (pool.Length > Sample)
        {
            random.Shuffle(pool);
            pool = pool[..Sample];
        }

        var nearest = new double[candidates];
        nearest.AsSpan().Fill(RoundTrip.Longest.TotalMilliseconds);
        var chosen = new List<int>();
        while (chosen.Count < Math.Min(count, pool.Length))
        {
            var next = pool.Where(node => !chosen.Contains(node)).MinBy(node => Cost(distances.From(node), nearest, pool));
            chosen.Add(next);
            var row = distances.From(next);
            foreach (var node in pool)
            {
                nearest[node] = Lesser(nearest[node], row[node]);
            }
        }

        return chosen;
    }

    private static double Cost(double[] row, double[] nearest, int[] pool)
    {
        var cost = 0.0;
        foreach (var node in pool)
        {
            cost += Lesser(nearest[node], row[node]);
        }

        return cost;
    }

    // An unknown distance (NaN) brings nobody nearer.
    private static double Lesser(double nearest, double distance) => distance < nearest ? distance : nearest;
}
