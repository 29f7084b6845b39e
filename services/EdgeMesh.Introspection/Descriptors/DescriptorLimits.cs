namespace EdgeMesh.Introspection;

/// <summary>How much of other people's descriptors a node keeps.</summary>
public sealed record DescriptorLimits
{
    /// <summary>The limits that apply when none are given.</summary>
    public static DescriptorLimits Default { get; } = new();

    /// <summary>Files in one pool. 4096: many times what one server is built from.</summary>
    public int MaxFiles { get; init; } = 4096;

    /// <summary>Bytes of all files in one pool, and of all pools of one origin. 32 MiB: 8 KiB for each of those files.</summary>
    public int MaxBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Services whose files are fetched from one origin.</summary>
    public int MaxServices { get; init; } = 1024;
}
