using EdgeMesh.V1;

namespace EdgeMesh.Region.Topology;

/// <summary>Why a membership ended.</summary>
internal enum MembershipEnd
{
    /// <summary>Its stream ended.</summary>
    StreamEnded,

    /// <summary>No report came in time.</summary>
    Silent,

    /// <summary>The same node joined again by another stream.</summary>
    Replaced,
}

/// <summary>One node's belonging to the mesh, from its hello on; after its end, the memory of it.</summary>
/// <remarks>All but <see cref="Name"/> and <see cref="Ended"/> belongs to the lock of <see cref="TopologyState"/>.</remarks>
internal sealed class Membership(NodeInfo info)
{
    private readonly TaskCompletionSource<MembershipEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The node's name.</summary>
    public string Name { get; } = info.Name;

    /// <summary>Completes when the node no longer belongs to the mesh by this stream.</summary>
    public Task<MembershipEnd> Ended => _ended.Task;

    /// <summary>What the Region knows of the node, without its report.</summary>
    internal NodeInfo Info { get; } = info;

    /// <summary>What it last counted.</summary>
    internal NodeReport? Report { get; set; }

    /// <summary>How far in the log it says that it is; null: it has not said.</summary>
    internal LogPosition? Applied { get; set; }

    /// <summary>When it was last heard of, by the clock's timestamp; once lost, when that was noticed.</summary>
    internal long HeardTimestamp { get; set; }

    /// <summary>Fires when the node has been silent for too long; once lost, when it is to be forgotten.</summary>
    internal ITimer? Timer { get; set; }

    internal bool IsLost => Info.State == NodeState.Lost;

    internal void End(MembershipEnd why) => _ended.TrySetResult(why);
}
