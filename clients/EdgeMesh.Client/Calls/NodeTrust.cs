using EdgeMesh.Client.Nodes;
using EdgeMesh.Wire;

namespace EdgeMesh.Client.Calls;

/// <summary>Notes what the outcomes of calls say of their nodes, and ejects those that fail too often.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class NodeTrust(NodePool pool)
{
    /// <summary>A node answered. UNAVAILABLE may be the word of an origin that no node reaches: that is no reason to eject one node after another.</summary>
    /// <returns>False: it is that.</returns>
    public static bool Note(NodeState node, GrpcStatusCode? status)
    {
        if (status != GrpcStatusCode.Unavailable)
        {
            node.Succeed();
            return true;
        }

        node.Doubt("answered UNAVAILABLE");
        return false;
    }

    /// <summary>A node, or the way there, failed.</summary>
    public void Note(NodeState node, Exception fault)
    {
        // A call that was given up, since its node was ejected or another answered, says nothing new of it.
        if (fault is OperationCanceledException and not { InnerException: TimeoutException })
        {
            return;
        }

        node.Doubt(TransportFault.Describe(fault));
        Blame(node);
    }

    /// <summary>It could not answer what another could: its own fault.</summary>
    public void Blame(NodeState node)
    {
        if (node.Blame())
        {
            pool.Eject(node);
        }
    }
}
