namespace EdgeMesh.Caching;

/// <summary>What an entry is found by: bytes that are compared one by one, and a hash of them.</summary>
/// <remarks>Immutable; thread-safe. Owns its array: whoever hands it over must not write to it again.</remarks>
public sealed class CacheKey : IEquatable<CacheKey>
{
    private readonly byte[] _bytes;
    private readonly KeyHash _hash;

    /// <summary>Takes ownership of <paramref name="bytes"/>.</summary>
    public CacheKey(byte[] bytes)
    {
        _bytes = bytes;
        _hash = KeyHash.Compute(bytes);
    }

    /// <summary>Copies a key out of somebody's memory.</summary>
    public CacheKey(KeyView key)
    {
        _bytes = key.Bytes.ToArray();
        _hash = key.Hash;
    }

    /// <summary>Length in bytes.</summary>
    public int LengthBytes => _bytes.Length;

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Their hash; differs from process to process.</summary>
    public KeyHash Hash => _hash;

    /// <summary>The key, to look with.</summary>
    public static implicit operator KeyView(CacheKey key) => new(key._bytes, key._hash);

    /// <inheritdoc/>
    public bool Equals(CacheKey? other) => other is not null && _hash == other._hash && _bytes.AsSpan().SequenceEqual(other._bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as CacheKey);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)_hash.Low;

    /// <summary>Part of the hash in hexadecimal: keys may hold what users wrote, so logs get this instead.</summary>
    public override string ToString() => ((uint)GetHashCode()).ToString("x8", System.Globalization.CultureInfo.InvariantCulture);
}
