namespace EdgeMesh.Client.Picking;

/// <summary>What a call to a candidate costs, and which costs are alike.</summary>
/// <remarks>
/// Cost is propagation plus served latency plus <see cref="FailurePenaltySeconds"/> times the share of failures: a node that fails at once is not a fast one.
/// Stateless; thread-safe. Deterministic, given candidates and random source.
/// </remarks>
public static class Picker
{
    /// <summary>Most candidates: a call remembers those that it tried in one word.</summary>
    public const int MaxCandidates = 64;

    /// <summary>What a certain failure is worth in latency: about what it costs to notice one and go elsewhere.</summary>
    public const double FailurePenaltySeconds = 1;

    /// <summary>Nodes that differ by less are equally near: what jitter and a scheduler make of one round trip.</summary>
    public const double BandSeconds = 0.002;

    /// <summary>The same in proportion, for far nodes.</summary>
    public const double BandShare = 0.1;

    // Not measured: behind all that were, before those that fail always.
    private const double UnmeasuredSeconds = 0.5;

    /// <summary>How much worse than the best a node may be and still be as good.</summary>
    /// <param name="bestSeconds">The best one's cost.</param>
    public static double BandOf(double bestSeconds) => Math.Max(BandSeconds, bestSeconds * BandShare);

    /// <summary>Chooses once; for many choices among the same candidates, make one <see cref="PickTable"/>.</summary>
    /// <param name="candidates">0 to <see cref="MaxCandidates"/>.</param>
    /// <param name="home">Index of the node to prefer; -1: none.</param>
    /// <param name="tried">Bit i: this call has been at candidate i.</param>
    /// <param name="random">Draws among equals: one number, and one for each node that takes only some of its calls.</param>
    /// <returns>An index; -1: there are no candidates.</returns>
    /// <exception cref="ArgumentOutOfRangeException">More candidates than that.</exception>
    public static int Pick(ReadOnlySpan<Candidate> candidates, int home, ulong tried, Random random) => new PickTable(candidates, home).Pick(tried, full: 0, random);

    /// <summary>What a call to a node is expected to cost, seconds, beside what the method itself takes.</summary>
    /// <param name="candidate">The node.</param>
    /// <param name="meanFloorSeconds">Stands in for a node that served nobody: it is neither faster nor slower for that.</param>
    public static double CostOf(in Candidate candidate, double meanFloorSeconds) =>
        (double.IsNaN(candidate.PropagationSeconds) ? UnmeasuredSeconds : candidate.PropagationSeconds)
        + (double.IsNaN(candidate.ServedSeconds) ? meanFloorSeconds : candidate.ServedSeconds)
        + (candidate.FailureShare * FailurePenaltySeconds);

    /// <summary>What answers take unloaded at those who served, seconds, in the mean; 0: nobody did.</summary>
    public static double MeanFloor(ReadOnlySpan<Candidate> candidates)
    {
        var sum = 0.0;
        var count = 0;
        foreach (ref readonly var candidate in candidates)
        {
            if (!double.IsNaN(candidate.ServedFloorSeconds))
            {
                sum += candidate.ServedFloorSeconds;
                count++;
            }
        }

        return count == 0 ? 0 : sum / count;
    }
}
