namespace EdgeMesh.Client.Picking;

/// <summary>Hashes keys and names of nodes: the same in every process, so that clients agree, and a restarted one finds its node again.</summary>
internal static class KeyHash
{
    private const ulong OffsetBasis = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    /// <summary>FNV-1a of the text's UTF-16 units, 64 bits (Fowler, Noll and Vo).</summary>
    public static ulong Of(ReadOnlySpan<char> text)
    {
        var hash = OffsetBasis;
        foreach (var unit in text)
        {
            hash = (hash ^ (byte)unit) * Prime;
            hash = (hash ^ (byte)(unit >> 8)) * Prime;
        }

        return hash;
    }

    /// <summary>How much a key wants a node: the finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) over both hashes.</summary>
    public static ulong Weigh(ulong key, ulong node)
    {
        var mixed = key ^ (node * 0x9E3779B97F4A7C15);
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>Where a key stands among those of a node, 0 up to 1, evenly, and apart from how much it wants it.</summary>
    public static double Unit(ulong key, ulong node) => (Weigh(key, ~node) >> 11) * (1.0 / (1UL << 53));
}
