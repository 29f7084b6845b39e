namespace EdgeMesh.Lab.LatencySimulation;

/// <summary>A file is no matrix, or no positions, that can be simulated. The message says where and why.</summary>
public sealed class RttMatrixException : Exception
{
    /// <summary>Says what is wrong.</summary>
    public RttMatrixException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
