namespace EdgeMesh.Lab.CacheSimulation.Traces;

/// <summary>A trace cannot be read; the message is one line that says where and why.</summary>
public sealed class TraceException : Exception
{
    /// <summary>Says what is wrong.</summary>
    public TraceException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
