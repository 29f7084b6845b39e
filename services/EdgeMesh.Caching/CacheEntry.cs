using EdgeMesh.Caching.Purges;

namespace EdgeMesh.Caching;

/// <summary>A name and one value of metadata, in the order in which they were received.</summary>
/// <param name="Name">In lower case, Latin-1, at most 65,535 characters.</param>
/// <param name="Value">As on the wire, Latin-1.</param>
public readonly record struct MetadataField(string Name, string Value);

/// <summary>Something to keep under a key: a framed answer that is ready to be sent, or a marker.</summary>
/// <remarks>Immutable; thread-safe. A store copies what it keeps, so an entry lives only as long as its fill.</remarks>
public sealed class CacheEntry
{
    private CacheEntry(byte[] head, byte[] frames, string[] tags)
    {
        Head = head;
        Frames = frames;
        Tags = tags;
    }

    /// <summary>Lifetime and metadata: <see cref="EntryHead"/>.</summary>
    public byte[] Head { get; }

    /// <summary>Length-prefixed messages, prefixes included; empty for a marker.</summary>
    public byte[] Frames { get; }

    /// <summary>What a purge may name it by.</summary>
    public string[] Tags { get; }

    /// <summary>The timestamp from which it is stale.</summary>
    public long FreshUntil => EntryHead.ReadFreshUntil(Head);

    /// <summary>The timestamp from which it must not be used at all.</summary>
    public long StaleUntil => EntryHead.ReadStaleUntil(Head);

    /// <summary>The purge sequence that had been applied when it was asked for.</summary>
    public long AsOf => EntryHead.ReadAsOf(Head);

    /// <summary>What else a purge may name it by.</summary>
    public EntryMarks Marks => EntryHead.ReadMarks(Head);

    /// <summary>A whole unary answer.</summary>
    /// <param name="initialMetadata">Response headers to replay.</param>
    /// <param name="frames">One length-prefixed message, prefix included; the array is the entry's own from then on.</param>
    /// <param name="trailers">Trailers to replay, <c>grpc-status</c> included.</param>
    /// <param name="coding">How the message is coded.</param>
    /// <param name="isPublic">Whether the answer said that callers with credentials may share it.</param>
    /// <param name="initialAge">How old the answer was when it came, rounded up to seconds; at most 2^32 of them.</param>
    /// <param name="storedAt">The timestamp at which it was asked for.</param>
    /// <param name="freshUntil">The timestamp from which it is stale.</param>
    /// <param name="staleUntil">The timestamp from which it must not be used at all; null: no stale window.</param>
    /// <param name="asOf">The store's purge sequence when it was asked for.</param>
    /// <param name="tags">What a purge may name it by; null: none.</param>
    /// <param name="staleWhileRevalidate">The first part of the stale window, rounded down to seconds, in which it may be used while it is asked for anew; at most 2^32 seconds.</param>
    /// <param name="marks">What else a purge may name it by.</param>
    public static CacheEntry Response(
        ReadOnlySpan<MetadataField> initialMetadata,
        byte[] frames,
        ReadOnlySpan<MetadataField> trailers,
        MessageCoding coding,
        bool isPublic,
        TimeSpan initialAge,
        long storedAt,
        long freshUntil,
        long? staleUntil = null,
        long asOf = 0,
        string[]? tags = null,
        TimeSpan staleWhileRevalidate = default,
        EntryMarks marks = default) =>
        new(EntryHead.Write(EntryKind.Response, coding, isPublic, freshUntil, Math.Max(freshUntil, staleUntil ?? freshUntil), storedAt, initialAge, staleWhileRevalidate, asOf, marks, initialMetadata, trailers), frames, tags ?? []);

    /// <summary>A marker.</summary>
    /// <param name="names">Lower-case metadata names in ordinal order, without repeats.</param>
    /// <param name="freshUntil">The timestamp from which it must not be used.</param>
    /// <param name="asOf">The store's purge sequence when it was asked for.</param>
    /// <param name="tags">What a purge may name it by; null: none.</param>
    public static CacheEntry VaryMarker(string[] names, long freshUntil, long asOf = 0, string[]? tags = null) =>
        new(EntryHead.Write(EntryKind.VaryMarker, MessageCoding.Identity, isPublic: false, freshUntil, freshUntil, 0, TimeSpan.Zero, TimeSpan.Zero, asOf, default, Array.ConvertAll(names, name => new MetadataField(name, string.Empty)), []), [], tags ?? []);

    /// <summary>Reads the entry as a hit is read.</summary>
    public CacheHit Read() => new(Head, Frames, Frames);
}
