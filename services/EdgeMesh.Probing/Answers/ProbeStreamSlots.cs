namespace EdgeMesh.Probing.Answers;

/// <summary>How many probe streams may be open.</summary>
public sealed class ProbeStreamSlots() : StreamSlots(Most, MostFromOneAddress)
{
    /// <summary>In all. A node of a large mesh is probed by some 64 others, and by the clients that chose it.</summary>
    public const int Most = 1024;

    /// <summary>From one address: a mesh on one machine has 63 from there.</summary>
    public const int MostFromOneAddress = 128;
}
