using System.Globalization;
using EdgeMesh.Client.Picking;

namespace EdgeMesh.Client.Nodes;

/// <summary>Says of each node of a pool what a pick makes of it, by the table that picks.</summary>
/// <remarks>Stateless; thread-safe.</remarks>
internal static class PoolExplainer
{
    /// <summary>Explains a pool as it is now.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="taker">Index of the node that takes the calls of the key in question; -1: there is no key.</param>
    /// <returns>Whoever gets most calls first, then by cost.</returns>
    public static IReadOnlyList<ExplainedNode> Explain(PoolModel pool, int taker = -1)
    {
        Span<Candidate> room = stackalloc Candidate[NodePool.MaxMembers];
        var candidates = pool.Read(room);
        var table = new PickTable(candidates, pool.Home);
        var best = candidates.Length == 0 ? 0 : Enumerable.Range(0, candidates.Length).Where(i => table.VerdictOf(i) <= PickVerdict.WithinBand).Select(table.CostOf).DefaultIfEmpty(0).Min();
        var isHomeTaking = pool.Home >= 0 && table.ShareOf(pool.Home) > 0;
        var explained = new List<ExplainedNode>(candidates.Length);
        for (var i = 0; i < candidates.Length; i++)
        {
            ref readonly var candidate = ref candidates[i];
            explained.Add(new ExplainedNode(
                pool.Nodes[i].ToStatus(i == pool.Home),
                table.VerdictOf(i),
                taker == i ? "takes this key's calls" : Why(candidate, table, i, best, isHomeTaking),
                taker < 0 ? table.ShareOf(i) : taker == i ? 1 : 0,
                TimeSpan.FromSeconds(table.CostOf(i)),
                double.IsNaN(candidate.ServedFloorSeconds) ? null : TimeSpan.FromSeconds(candidate.ServedFloorSeconds),
                candidate.InFlight,
                candidate.Capacity,
                candidate.Warmth));
        }

        return [.. explained.OrderByDescending(node => node.Share).ThenBy(node => node.Cost)];
    }

    private static string Why(in Candidate candidate, PickTable table, int index, double best, bool isHomeTaking)
    {
        var cost = table.CostOf(index);
        var share = table.ShareOf(index);
        var why = table.VerdictOf(index) switch
        {
            PickVerdict.Home => "the home: calls stay while it is well",
            PickVerdict.WithinBand when isHomeTaking => Say($"within {Milliseconds(Picker.BandOf(best))} of the best, but the home takes the calls"),
            PickVerdict.WithinBand => Say($"within {Milliseconds(Picker.BandOf(best))} of the best: drawn at random"),
            PickVerdict.BeyondBand => Say($"costs {Milliseconds(cost - best)} more than the best"),
            PickVerdict.OverCapacity => Say($"hot: {candidate.InFlight} calls in flight, capacity {candidate.Capacity}"),
            PickVerdict.Queueing => Say($"slow: answers take {Milliseconds(candidate.ServedSeconds)} instead of {Milliseconds(candidate.ServedFloorSeconds)}, so that {candidate.Shed:P0} of its calls go elsewhere"),
            PickVerdict.Draining => "draining: takes no new callers",
            _ => "ejected: probes or calls failed",
        };
        return candidate.Warmth >= 1 || share is 0 ? why + (share > 0 && table.VerdictOf(index) > PickVerdict.BeyondBand ? "; there is no other" : "")
            : Say($"{why}; warming up, {candidate.Warmth:P0}");
    }

    private static string Milliseconds(double seconds) => Say($"{seconds * 1000:0.###} ms");

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
