using EdgeMesh.Benchmarks.Report;

namespace EdgeMesh.Benchmarks.Probes;

/// <summary>What a mesh costs each of its nodes.</summary>
/// <param name="CorePercent">Processor time, hundredths of one core.</param>
/// <param name="SentBytesPerSecond">Bytes that its sockets sent.</param>
/// <param name="ReceivedBytesPerSecond">Bytes that they received.</param>
/// <param name="ProbesPerSecond">Probes that it sent.</param>
internal sealed record NodeCost(double CorePercent, double SentBytesPerSecond, double ReceivedBytesPerSecond, double ProbesPerSecond);

/// <summary>What probing costs.</summary>
/// <param name="Nodes">Nodes of the mesh, each of which probes all others.</param>
/// <param name="IntervalSeconds">How often.</param>
/// <param name="Resting">The same mesh while nobody probes.</param>
/// <param name="Probing">While everybody does.</param>
/// <param name="LostProbes">Of all probes that were due.</param>
/// <param name="MeasuredPairs">Pairs of the matrix that were measured at the end.</param>
/// <param name="Pairs">All pairs.</param>
/// <param name="Machine">Where.</param>
internal sealed record ProbingResult(int Nodes, double IntervalSeconds, NodeCost Resting, NodeCost Probing, long LostProbes, int MeasuredPairs, int Pairs, Machine Machine)
{
    /// <summary>What probing adds, hundredths of a core a node.</summary>
    public double AddedCorePercent => Probing.CorePercent - Resting.CorePercent;

    /// <summary>What probing adds, bytes a second a node, sent and received.</summary>
    public double AddedBytesPerSecond => Probing.SentBytesPerSecond + Probing.ReceivedBytesPerSecond - Resting.SentBytesPerSecond - Resting.ReceivedBytesPerSecond;
}
