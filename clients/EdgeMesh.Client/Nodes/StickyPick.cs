using EdgeMesh.Client.Picking;

namespace EdgeMesh.Client.Nodes;

/// <summary>Chooses the node of a key.</summary>
/// <remarks>
/// <para>
/// Each key has its own order of the nodes (rendezvous hashing, Thaler and Ravishankar, IEEE/ACM Transactions on Networking 1998): a node that leaves, or is ejected, gives away its own keys and no
/// others. A call takes the first node of its key's order that is well, not hot, and below its bound (consistent hashing with bounded loads, Mirrokni, Thorup and Zadimoghaddam, SODA 2018): the load factor times
/// its even share of the calls that this client has running there, this one included. If none is, the bound is the first to go, then heat. Of a node whose answers take too long, a share of its keys is taken elsewhere:
/// always the same keys, so that those that stay find what they left.
/// </para>
/// <para>
/// Stateless; thread-safe. Allocates nothing. The bound is as good as what is read: (1) two calls read a node's count below it; (2) both go there, and it is over by one.
/// </para>
/// </remarks>
internal static class StickyPick
{
    /// <summary>Chooses.</summary>
    /// <param name="pool">The first <see cref="StickyOptions.Nodes"/> of it, the nearest by the search, share the keys.</param>
    /// <param name="tried">Bit i: the call has been at node i.</param>
    /// <param name="key">The key's <see cref="KeyHash.Of"/>.</param>
    /// <param name="options">How many nodes, and how much more than their share they take.</param>
    /// <returns>An index; -1: none of them takes calls, or the call was at each.</returns>
    public static int Pick(PoolModel pool, ulong tried, ulong key, StickyOptions options)
    {
        var nodes = pool.Nodes.AsSpan(0, Math.Min(options.Nodes, pool.Nodes.Length));
        var (running, ready) = (1, 0);
        foreach (var node in nodes)
        {
            if (IsReady(node))
            {
                ready++;
                running += node.InFlight;
            }
        }

        var bound = Math.Ceiling(options.LoadFactor * running / Math.Max(1, ready));
        var (best, bestKind, bestWeight) = (-1, int.MaxValue, 0UL);
        for (var i = 0; i < nodes.Length; i++)
        {
            var node = nodes[i];
            if ((tried >> i & 1) != 0 || !IsReady(node))
            {
                continue;
            }

            var kind = node.IsFull || pool.Table.VerdictOf(i) == PickVerdict.OverCapacity || KeyHash.Unit(key, node.NameHash) < node.Shed ? 2 : node.InFlight + 1 > bound ? 1 : 0;
            var weight = KeyHash.Weigh(key, node.NameHash);
            if (kind < bestKind || (kind == bestKind && weight > bestWeight))
            {
                (best, bestKind, bestWeight) = (i, kind, weight);
            }
        }

        return best;
    }

    private static bool IsReady(NodeState node) => !node.IsEjected && !node.IsDraining;
}
