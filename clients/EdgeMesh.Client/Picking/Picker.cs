namespace EdgeMesh.Client.Picking;

/// <summary>Chooses the node for a call.</summary>
/// <remarks>
/// <para>
/// Steps: (1) who takes calls: neither ejected nor draining, nor tried by this call; if there is none, draining ones, then ejected ones, then those that were tried: as
/// long as there is a node, a call has one. (2) Of those, the cold ones, if there are any (Prequal, Wydrowski et al., NSDI 2024). A node is hot when it is over
/// its capacity; or when more runs there than at <see cref="HotQuantile"/> of the pool, and its answers take more than twice what they take unloaded: nodes of a mesh differ in
/// how many live near them, so that a busy one is no overloaded one. (3) The home, if it is among them. (4) Else the least cost, and at random among those within the
/// band of it, so that clients who lose the same home do not all meet at one node.
/// </para>
/// <para>
/// Cost is propagation plus served latency plus <see cref="FailurePenaltySeconds"/> times the share of failures: a node that fails at once is not a fast one.
/// A node that is warming up gives calls away: with probability 1 - warmth the best of those that are warm takes it.
/// </para>
/// <para>Stateless; thread-safe if the random source is. Allocates nothing. Deterministic, given candidates and random source.</para>
/// </remarks>
public static class Picker
{
    /// <summary>Most candidates: a call remembers those that it tried in one word.</summary>
    public const int MaxCandidates = 64;

    /// <summary>Prequal's Q_RIF, 2^-0.25.</summary>
    public const double HotQuantile = 0.84;

    /// <summary>What a certain failure is worth in latency: about what it costs to notice one and go elsewhere.</summary>
    public const double FailurePenaltySeconds = 1;

    /// <summary>Nodes that differ by less are equally near: what jitter and a scheduler make of one round trip.</summary>
    public const double BandSeconds = 0.002;

    /// <summary>The same in proportion, for far nodes.</summary>
    public const double BandShare = 0.1;

    // Not measured: behind all that were, before those that fail always.
    private const double UnmeasuredSeconds = 0.5;

    // Twice the unloaded latency, and this much: a served latency of microseconds doubles by itself.
    private const double QueueFactor = 2;
    private const double QueueSeconds = 0.002;

    /// <summary>How much worse than the best a node may be and still be as good.</summary>
    /// <param name="bestSeconds">The best one's cost.</param>
    public static double BandOf(double bestSeconds) => Math.Max(BandSeconds, bestSeconds * BandShare);

    /// <summary>Chooses.</summary>
    /// <param name="candidates">0 to <see cref="MaxCandidates"/>.</param>
    /// <param name="home">Index of the node to prefer; -1: none.</param>
    /// <param name="tried">Bit i: this call has been at candidate i.</param>
    /// <param name="random">Draws among equals: one number, two if the choice is warming up.</param>
    /// <returns>An index; -1: there are no candidates.</returns>
    /// <exception cref="ArgumentOutOfRangeException">More candidates than that.</exception>
    public static int Pick(ReadOnlySpan<Candidate> candidates, int home, ulong tried, Random random)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(candidates.Length, MaxCandidates, nameof(candidates));
        if (candidates.Length == 0)
        {
            return -1;
        }

        // 1
        var eligible = Eligible(candidates, tried);

        // 2
        var served = MeanServed(candidates);
        var cold = eligible & ~Hot(candidates, eligible);
        eligible = cold != 0 ? cold : eligible;

        // 3 and 4
        var pick = home >= 0 && (eligible >> home & 1) != 0 ? home : Draw(candidates, eligible, served, random);
        var warmth = candidates[pick].Warmth;
        if (warmth < 1 && random.NextDouble() >= warmth)
        {
            var warm = Warm(candidates, eligible);
            pick = warm != 0 ? Best(candidates, warm, served) : pick;
        }

        return pick;
    }

    /// <summary>What a call to a node is expected to cost, seconds, beside what the method itself takes.</summary>
    /// <param name="candidate">The node.</param>
    /// <param name="meanServedSeconds">Stands in for a node that served nobody: it is neither faster nor slower for that.</param>
    public static double CostOf(in Candidate candidate, double meanServedSeconds) =>
        (double.IsNaN(candidate.PropagationSeconds) ? UnmeasuredSeconds : candidate.PropagationSeconds)
        + (double.IsNaN(candidate.ServedSeconds) ? meanServedSeconds : candidate.ServedSeconds)
        + (candidate.FailureShare * FailurePenaltySeconds);

    /// <summary>The mean served latency of those who served, seconds; 0: nobody did.</summary>
    public static double MeanServed(ReadOnlySpan<Candidate> candidates)
    {
        var sum = 0.0;
        var count = 0;
        foreach (ref readonly var candidate in candidates)
        {
            if (!double.IsNaN(candidate.ServedSeconds))
            {
                sum += candidate.ServedSeconds;
                count++;
            }
        }

        return count == 0 ? 0 : sum / count;
    }

    private static ulong Eligible(ReadOnlySpan<Candidate> candidates, ulong tried)
    {
        ulong ready = 0;
        ulong draining = 0;
        ulong ejected = 0;
        for (var i = 0; i < candidates.Length; i++)
        {
            var bit = 1UL << i;
            if ((tried & bit) != 0)
            {
                continue;
            }

            if (candidates[i].IsEjected)
            {
                ejected |= bit;
            }
            else if (candidates[i].IsDraining)
            {
                draining |= bit;
            }
            else
            {
                ready |= bit;
            }
        }

        var untried = ready != 0 ? ready : draining != 0 ? draining : ejected;
        return untried != 0 ? untried : Eligible(candidates, 0);
    }

    private static ulong Hot(ReadOnlySpan<Candidate> candidates, ulong eligible)
    {
        ulong hot = 0;
        ulong queueing = 0;
        for (var i = 0; i < candidates.Length; i++)
        {
            ref readonly var candidate = ref candidates[i];
            var bit = 1UL << i;
            if ((eligible & bit) == 0)
            {
                continue;
            }

            if (candidate.Capacity > 0 && candidate.InFlight >= candidate.Capacity)
            {
                hot |= bit;
            }
            else if (candidate.ServedSeconds > (candidate.ServedFloorSeconds * QueueFactor) + QueueSeconds)
            {
                queueing |= bit;
            }
        }

        // The quantile is looked for only when it can matter: it takes longer than all the rest.
        return queueing == 0 ? hot : hot | (queueing & AboveQuantile(candidates, eligible));
    }

    private static ulong AboveQuantile(ReadOnlySpan<Candidate> candidates, ulong eligible)
    {
        Span<int> counts = stackalloc int[MaxCandidates];
        var count = 0;
        for (var i = 0; i < candidates.Length; i++)
        {
            if ((eligible >> i & 1) != 0)
            {
                counts[count++] = candidates[i].InFlight;
            }
        }

        counts = counts[..count];
        counts.Sort();
        var limit = counts[Math.Max(0, (int)Math.Ceiling(count * HotQuantile) - 1)];
        ulong above = 0;
        for (var i = 0; i < candidates.Length; i++)
        {
            above |= candidates[i].InFlight > limit ? 1UL << i : 0;
        }

        return above;
    }

    private static ulong Warm(ReadOnlySpan<Candidate> candidates, ulong eligible)
    {
        ulong warm = 0;
        for (var i = 0; i < candidates.Length; i++)
        {
            warm |= (eligible >> i & 1) != 0 && candidates[i].Warmth >= 1 ? 1UL << i : 0;
        }

        return warm;
    }

    private static int Best(ReadOnlySpan<Candidate> candidates, ulong among, double served)
    {
        var best = -1;
        var least = double.PositiveInfinity;
        for (var i = 0; i < candidates.Length; i++)
        {
            if ((among >> i & 1) != 0 && (CostOf(candidates[i], served) is var cost && (best < 0 || cost < least)))
            {
                (best, least) = (i, cost);
            }
        }

        return best;
    }

    /// <summary>One of those within the band of the best, each as likely as the other.</summary>
    private static int Draw(ReadOnlySpan<Candidate> candidates, ulong among, double served, Random random)
    {
        var best = Best(candidates, among, served);
        var least = CostOf(candidates[best], served);
        var limit = least + BandOf(least);
        var count = 0;
        for (var i = 0; i < candidates.Length; i++)
        {
            count += (among >> i & 1) != 0 && CostOf(candidates[i], served) <= limit ? 1 : 0;
        }

        var left = Math.Min(count - 1, (int)(random.NextDouble() * count));
        for (var i = 0; i < candidates.Length; i++)
        {
            if ((among >> i & 1) != 0 && CostOf(candidates[i], served) <= limit && left-- == 0)
            {
                return i;
            }
        }

        return best;
    }
}
