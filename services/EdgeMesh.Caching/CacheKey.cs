namespace EdgeMesh.Caching;

/// <summary>What an entry is found by: bytes that are compared one by one, and a hash of them.</summary>
/// <remarks>
/// The hash is seeded anew in each process (<see cref="HashCode"/>), so a peer cannot aim many keys at one bucket.
/// Immutable; thread-safe. Owns its array: whoever hands it over must not write to it again.
/// </remarks>
public sealed class CacheKey : IEquatable<CacheKey>
{
    private readonly byte[] _bytes;
    private readonly int _hash;

    /// <summary>Takes ownership of <paramref name="bytes"/>.</summary>
    public CacheKey(byte[] bytes)
    {
        _bytes = bytes;
        var hash = default(HashCode);
        hash.AddBytes(bytes);
        _hash = hash.ToHashCode();
    }

    /// <summary>Length in bytes.</summary>
    public int LengthBytes => _bytes.Length;

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <inheritdoc/>
    public bool Equals(CacheKey? other) => other is not null && _hash == other._hash && _bytes.AsSpan().SequenceEqual(other._bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as CacheKey);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;

    /// <summary>The hash in hexadecimal: keys may hold what users wrote, so logs get this instead.</summary>
    public override string ToString() => _hash.ToString("x8", System.Globalization.CultureInfo.InvariantCulture);
}
