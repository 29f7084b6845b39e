using EdgeMesh.Client.Nodes;
using EdgeMesh.Wire;

namespace EdgeMesh.Client.Calls;

/// <summary>What became of sending a call to one node.</summary>
/// <param name="Node">The node.</param>
/// <param name="Answer">The node's; null: there is none.</param>
/// <param name="Fault">Why there is none.</param>
/// <param name="IsWell">Whether the node answered, with any status but UNAVAILABLE.</param>
/// <param name="MayRepeat">Whether another node may be sent the same.</param>
/// <param name="IsNeverSent">Whether the node cannot have seen it.</param>
internal readonly record struct AttemptOutcome(NodeState Node, HttpResponseMessage? Answer, Exception? Fault, bool IsWell, bool MayRepeat, bool IsNeverSent)
{
    /// <summary>Whether an exception is of the node's or the connection's making. The caller's own cancellation was ruled out before: what is left is a limit of the transport, an ejection, or a hedge that was faster.</summary>
    public static bool IsOfNode(Exception fault) => fault is HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException;

    /// <summary>For people.</summary>
    public string Describe() =>
        $"{Node.Name} at {Node.Address.GetLeftPart(UriPartial.Authority)}: {(Fault is null ? "answered UNAVAILABLE" : TransportFault.Describe(Fault))}";
}
