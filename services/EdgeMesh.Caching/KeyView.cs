namespace EdgeMesh.Caching;

/// <summary>A key that lies in somebody's memory: enough to look with, and nothing to allocate for it.</summary>
public readonly ref struct KeyView
{
    /// <summary>Takes bytes with their hash.</summary>
    internal KeyView(ReadOnlySpan<byte> bytes, KeyHash hash)
    {
        Bytes = bytes;
        Hash = hash;
    }

    /// <summary>Hashes bytes.</summary>
    public KeyView(ReadOnlySpan<byte> bytes)
        : this(bytes, KeyHash.Compute(bytes))
    {
    }

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Their hash; differs from process to process.</summary>
    public KeyHash Hash { get; }
}
