using EdgeMesh.Latency.Coordinates;
using EdgeMesh.Latency.Pairs;

namespace EdgeMesh.Probing.Peers;

/// <summary>What a node remembers of one that it probes. Belongs to the lock of <see cref="PeerTable"/>.</summary>
internal sealed class Peer(MeshNode node, TimeSpan interval)
{
    public MeshNode Node { get; set; } = node;

    public PairState Pair { get; } = new(interval);

    /// <summary>Probes that wait for their answer.</summary>
    public Dictionary<ulong, PendingProbe> Pending { get; } = [];

    /// <summary>Where it said it is; null: it has not, or nothing that could be.</summary>
    public Coordinate? Coordinate { get; set; }

    /// <summary>What the Region was last told of it; null: nothing.</summary>
    public PairEstimate? Told { get; set; }

    /// <summary>Of the last probe.</summary>
    public ulong Sequence { get; set; }

    /// <summary>Probes lost since the last answer.</summary>
    public int LostInARow { get; set; }
}

/// <summary>A probe that waits for its answer.</summary>
/// <param name="Due">When it was to be sent.</param>
/// <param name="Sent">When it was.</param>
/// <param name="IsWarm">Whether its connection stood already: else its time is that of a handshake, and no round trip.</param>
internal readonly record struct PendingProbe(TimeSpan Due, TimeSpan Sent, bool IsWarm);
