using EdgeMesh.Client.Picking;

namespace EdgeMesh.Client.Nodes;

/// <summary>The nodes that take a client's calls, and which of them is its home. Immutable, but for what each node knows of itself; thread-safe.</summary>
/// <param name="Nodes">At most <see cref="NodePool.MaxMembers"/>.</param>
/// <param name="Home">Index of the home; -1: there are no nodes.</param>
internal sealed record PoolModel(NodeState[] Nodes, int Home)
{
    public static PoolModel Empty { get; } = new([], -1);

    /// <summary>Chooses the node for a call, without allocation.</summary>
    /// <param name="tried">Bit i: the call has been at node i.</param>
    /// <param name="random">Draws among equals.</param>
    /// <returns>An index; -1: there are no nodes.</returns>
    public int Pick(ulong tried, Random random)
    {
        Span<Candidate> candidates = stackalloc Candidate[NodePool.MaxMembers];
        return Picker.Pick(Read(candidates), Home, tried, random);
    }

    /// <summary>Reads what is known of each node.</summary>
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
