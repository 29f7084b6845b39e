namespace EdgeMesh.Storage;

/// <summary>The limits that <c>edgemesh/v1/object_store.proto</c> states, each with its reason.</summary>
public static class ObjectLimits
{
    /// <summary>Shortest bucket name in bytes: Amazon S3's rule.</summary>
    public const int BucketNameMinBytes = 3;

    /// <summary>Longest bucket name in bytes: a DNS label's (RFC 1035 section 2.3.4), so that a bucket can become a host name.</summary>
    public const int BucketNameMaxBytes = 63;

    /// <summary>Longest key in bytes of UTF-8: Amazon S3's rule.</summary>
    public const int KeyMaxBytes = 1024;

    /// <summary>Longest media type in bytes: two names of 127 and the slash (RFC 6838 section 4.2).</summary>
    public const int ContentTypeMaxBytes = 255;

    /// <summary>Most entries of user metadata. With the sizes below, what is said of an object stays under 16 KiB, a quarter of the room beside a unary body.</summary>
    public const int MetadataMaxEntries = 64;

    /// <summary>Longest metadata key in bytes.</summary>
    public const int MetadataKeyMaxBytes = 128;

    /// <summary>Longest metadata value in bytes of UTF-8.</summary>
    public const int MetadataValueMaxBytes = 2048;

    /// <summary>All metadata keys and values together, in bytes.</summary>
    public const int MetadataTotalMaxBytes = 8192;

    /// <summary>Most tags of one object: each is an index entry in every cache that holds the object.</summary>
    public const int TagsMax = 32;

    /// <summary>Longest tag in bytes.</summary>
    public const int TagMaxBytes = 128;

    /// <summary>Longest <c>cache-control</c> in bytes: every known directive at once, with years for seconds, is shorter.</summary>
    public const int CacheControlMaxBytes = 256;

    /// <summary>Longest etag in a condition, in bytes with its quotes. Ours have 34.</summary>
    public const int ETagMaxBytes = 130;

    /// <summary>Length of a SHA-256 digest in bytes (FIPS 180-4).</summary>
    public const int Sha256Bytes = 32;

    /// <summary>Largest body of a unary Get or Put: gRPC's default message limit of 4 MiB, less 64 KiB for everything else in the message.</summary>
    public const int UnaryContentMaxBytes = (4 * 1024 * 1024) - (64 * 1024);

    /// <summary>Largest object: Amazon S3's limit for one upload, 5 GiB.</summary>
    public const long ObjectMaxBytes = 5L << 30;

    /// <summary>Bytes under one chunk digest, and the largest chunk of a streamed read: small enough to verify a short range cheaply, large enough that 5 GiB has 640 KiB of digests.</summary>
    public const int ChunkBytes = 256 * 1024;

    /// <summary>Most entries of one listing page, and the default: Amazon S3's.</summary>
    public const int PageMaxEntries = 1000;

    /// <summary>Largest listing page in bytes as a message, so that it arrives under gRPC's default limit; a page that would be larger ends early.</summary>
    public const int PageMaxBytes = UnaryContentMaxBytes;

    /// <summary>Longest delimiter in bytes of UTF-8: longer than any in use, short enough to search for by comparing.</summary>
    public const int DelimiterMaxBytes = 16;
}
