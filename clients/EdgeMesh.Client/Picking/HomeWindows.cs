namespace EdgeMesh.Client.Picking;

/// <summary>Decides which node is a client's home, and when it moves: only for a gain above the band, in three windows running.</summary>
/// <remarks>
/// A cache is warm where its callers stay, and a crowd that follows each measurement tips nodes over in turn. Load, and how far a node has warmed up, say where a call goes, not where the client is at home.
/// Not thread-safe: the pool's lock owns it.
/// </remarks>
public sealed class HomeWindows
{
    /// <summary>Windows in a row that must say the same.</summary>
    public const int Needed = 3;

    private int _gains;

    /// <summary>Takes a window's costs.</summary>
    /// <param name="candidates">At the window's end; at least one.</param>
    /// <param name="home">The home's index; -1: there is none.</param>
    /// <param name="random">Draws among equals.</param>
    /// <returns>The home from now on.</returns>
    public int Close(ReadOnlySpan<Candidate> candidates, int home, Random random)
    {
        Span<Candidate> unloaded = stackalloc Candidate[Picker.MaxCandidates];
        for (var i = 0; i < candidates.Length; i++)
        {
            unloaded[i] = candidates[i] with { ServedSeconds = candidates[i].ServedFloorSeconds, Shed = 0, Warmth = 1 };
        }

        var table = new PickTable(unloaded[..candidates.Length], -1);
        var pick = table.Pick(tried: 0, full: 0, random);
        if (home < 0 || candidates[home].IsEjected || candidates[home].IsDraining)
        {
            _gains = 0;
            return pick;
        }

        var best = table.CostOf(pick);
        if (pick == home || table.CostOf(home) <= best + Picker.BandOf(best))
        {
            _gains = 0;
            return home;
        }

        if (++_gains < Needed)
        {
            return home;
        }

        _gains = 0;
        return pick;
    }
}
