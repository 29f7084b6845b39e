namespace EdgeMesh.Caching;

/// <summary>A name and one value of metadata, in the order in which they were received.</summary>
/// <param name="Name">In lower case.</param>
/// <param name="Value">As on the wire.</param>
public readonly record struct MetadataField(string Name, string Value);

/// <summary>How the messages of a stored answer are coded.</summary>
public enum MessageCoding
{
    /// <summary>As they are.</summary>
    Identity,

    /// <summary>Those with the compressed flag by gzip (RFC 1952).</summary>
    Gzip,
}

/// <summary>Something that a store keeps under a key.</summary>
/// <remarks>Immutable; thread-safe.</remarks>
public abstract class CacheEntry
{
    /// <summary>Rough cost in bytes of an entry object, its links and its place in an index, beside what it carries.</summary>
    private protected const int OverheadBytes = 256;

    /// <summary>Rough cost in bytes of one metadata field beside its text.</summary>
    private protected const int FieldOverheadBytes = 64;

    private protected CacheEntry(long freshUntil)
    {
        FreshUntil = freshUntil;
    }

    /// <summary>The <see cref="TimeProvider"/> timestamp from which the entry must not be used.</summary>
    public long FreshUntil { get; }

    /// <summary>What the entry is charged to the budget, without its key.</summary>
    public abstract long CostBytes { get; }
}

/// <summary>A whole unary answer, ready to be sent.</summary>
public sealed class CachedResponse : CacheEntry
{
    /// <summary>Makes an entry; the arrays are its own from then on.</summary>
    /// <param name="initialMetadata">Response headers to replay.</param>
    /// <param name="frames">One length-prefixed message, prefix included.</param>
    /// <param name="trailers">Trailers to replay, <c>grpc-status</c> included.</param>
    /// <param name="coding">How the message is coded.</param>
    /// <param name="isPublic">Whether the answer said that callers with credentials may share it.</param>
    /// <param name="initialAge">How old the answer was when it came.</param>
    /// <param name="storedAt">The timestamp at which it came.</param>
    /// <param name="freshUntil">The timestamp from which it must not be used.</param>
    public CachedResponse(MetadataField[] initialMetadata, byte[] frames, MetadataField[] trailers, MessageCoding coding, bool isPublic, TimeSpan initialAge, long storedAt, long freshUntil)
        : base(freshUntil)
    {
        InitialMetadata = initialMetadata;
        Frames = frames;
        Trailers = trailers;
        Coding = coding;
        IsPublic = isPublic;
        InitialAge = initialAge;
        StoredAt = storedAt;
        CostBytes = OverheadBytes + frames.Length + Cost(initialMetadata) + Cost(trailers);
    }

    /// <summary>Response headers to replay.</summary>
    public MetadataField[] InitialMetadata { get; }

    /// <summary>One length-prefixed message, prefix included.</summary>
    public byte[] Frames { get; }

    /// <summary>Trailers to replay.</summary>
    public MetadataField[] Trailers { get; }

    /// <summary>How the message is coded.</summary>
    public MessageCoding Coding { get; }

    /// <summary>Whether callers with credentials may share it.</summary>
    public bool IsPublic { get; }

    /// <summary>How old the answer was when it came.</summary>
    public TimeSpan InitialAge { get; }

    /// <summary>The timestamp at which it came.</summary>
    public long StoredAt { get; }

    /// <inheritdoc/>
    public override long CostBytes { get; }

    private static long Cost(MetadataField[] fields)
    {
        long cost = 0;
        foreach (var field in fields)
        {
            cost += FieldOverheadBytes + (2L * (field.Name.Length + field.Value.Length));
        }

        return cost;
    }
}

/// <summary>Stands where an answer would: the answers under this key also depend on these request fields (RFC 9111 section 4.1).</summary>
public sealed class VaryMarker : CacheEntry
{
    /// <summary>Makes a marker.</summary>
    /// <param name="names">Lower-case metadata names in ordinal order, without repeats.</param>
    /// <param name="freshUntil">The timestamp from which it must not be used.</param>
    public VaryMarker(string[] names, long freshUntil)
        : base(freshUntil)
    {
        Names = names;
        CostBytes = OverheadBytes + names.Sum(name => (long)FieldOverheadBytes + (2 * name.Length));
    }

    /// <summary>Lower-case metadata names in ordinal order, without repeats.</summary>
    public string[] Names { get; }

    /// <inheritdoc/>
    public override long CostBytes { get; }
}
