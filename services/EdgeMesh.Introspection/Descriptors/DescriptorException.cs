namespace EdgeMesh.Introspection;

/// <summary>Descriptors that cannot be used: malformed, incomplete, contradictory or too large. The message names the file, the limit and the value.</summary>
public sealed class DescriptorException : Exception
{
    /// <summary>Says what is wrong.</summary>
    public DescriptorException(string message)
        : base(message)
    {
    }

    /// <summary>Says what is wrong and what showed it.</summary>
    public DescriptorException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
