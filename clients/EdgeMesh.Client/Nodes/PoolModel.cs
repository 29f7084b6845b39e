using EdgeMesh.Client.Picking;

namespace EdgeMesh.Client.Nodes;

/// <summary>The nodes that take a client's calls, which of them is its home, and what is known of each for choosing. Immutable, but for what each node knows of itself; thread-safe.</summary>
internal sealed class PoolModel
{
    /// <summary>Takes a snapshot of what the nodes know.</summary>
    /// <param name="nodes">At most <see cref="NodePool.MaxMembers"/>.</param>
    /// <param name="home">Index of the home; -1: there is none.</param>
    public PoolModel(NodeState[] nodes, int home)
    {
        (Nodes, Home) = (nodes, home);
        Span<Candidate> room = stackalloc Candidate[NodePool.MaxMembers];
        Table = new PickTable(Read(room), home);
    }

    public static PoolModel Empty { get; } = new([], -1);

    public NodeState[] Nodes { get; }

    /// <summary>Index of the home; -1: there are no nodes.</summary>
    public int Home { get; }

    /// <summary>As of when the model was made.</summary>
    public PickTable Table { get; }

    /// <summary>Chooses the node for a call, without allocation.</summary>
    /// <param name="tried">Bit i: the call has been at node i.</param>
    /// <param name="random">Draws among equals.</param>
    /// <returns>An index; -1: there are no nodes.</returns>
    /// <remarks>
    /// All but the calls in flight is as of when the model was made: the health loop makes one with each probe. A capacity is looked at now; two calls that look at once may both take
    /// the last place: it is what this client knows of a node that others call as well.
    /// </remarks>
    public int Pick(ulong tried, Random random)
    {
        var pick = Table.Pick(tried, full: 0, random);
        for (ulong full = 0; pick >= 0 && (full >> pick & 1) == 0 && Nodes[pick].IsFull;)
        {
            full |= 1UL << pick;
            pick = Table.Pick(tried, full, random);
        }

        return pick;
    }

    /// <summary>Chooses another node for a call while the first has not answered.</summary>
    /// <param name="tried">As of <see cref="Pick"/>.</param>
    /// <param name="random">Draws among equals.</param>
    /// <returns>An index; -1: none is well and has room.</returns>
    public int PickHedge(ulong tried, Random random) =>
        Table.PickCold(tried, random) is var pick and >= 0 && !Nodes[pick].IsFull && !Nodes[pick].IsDraining && !Nodes[pick].IsEjected ? pick : -1;

    /// <summary>Reads what is known of each node now.</summary>
    /// <param name="room">At least as long as there are nodes.</param>
    public ReadOnlySpan<Candidate> Read(Span<Candidate> room)
    {
        var now = Nodes.Length > 0 ? Nodes[0].Now : 0;
        for (var i = 0; i < Nodes.Length; i++)
        {
            room[i] = Nodes[i].ToCandidate(now);
        }

        return room[..Nodes.Length];
    }
}
