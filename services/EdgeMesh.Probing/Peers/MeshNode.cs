namespace EdgeMesh.Probing.Peers;

/// <summary>A node that may be probed.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">Where its data listener is reached: http or https, host and port.</param>
/// <param name="IsLost">Whether the Region lost it. Such a node is probed as long as there is room, so that its pairs are seen to be out of reach and to come back.</param>
public sealed record MeshNode(string Name, Uri Address, bool IsLost);
