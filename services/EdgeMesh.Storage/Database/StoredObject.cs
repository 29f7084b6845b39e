using System.Buffers.Binary;
using System.Security.Cryptography;
using EdgeMesh.Storage.Bodies;
using EdgeMesh.Storage.Grammar;
using EdgeMesh.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace EdgeMesh.Storage.Database;

/// <summary>One generation of an object as its row has it. Immutable.</summary>
/// <param name="Name">Where it stands.</param>
/// <param name="Generation">At least 1; of one sequence for the whole store, so never used again for a key, not even after a delete.</param>
/// <param name="Body">Its content on disk.</param>
/// <param name="Said">What the writer said: an <see cref="ObjectSpec"/> of content type, metadata, tags and cache-control, serialized.</param>
/// <param name="UpdateTimeMicroseconds">When it was written, in microseconds since 1970-01-01T00:00:00Z.</param>
internal sealed record StoredObject(ObjectName Name, ulong Generation, StoredBody Body, byte[] Said, long UpdateTimeMicroseconds)
{
    private const int ETagDigestBytes = 16;
    private string? _etag;

    /// <summary>
    /// The entity tag. Answers carry generation and time, so a strong tag must differ between any two generations, even of equal content:
    /// it is a digest of all three, which also keeps it from coming back for something else after a backup was restored.
    /// </summary>
    internal string ETag => _etag ??= MakeETag();

    /// <summary>The object as callers see it.</summary>
    internal ObjectInfo ToInfo()
    {
        var said = ObjectSpec.Parser.ParseFrom(Said);
        var info = new ObjectInfo
        {
            Bucket = Name.Bucket,
            Key = Name.Key,
            SizeBytes = (ulong)Body.SizeBytes,
            Etag = ETag,
            Generation = Generation,
            ContentType = said.ContentType,
            CacheControl = said.CacheControl,
            Sha256 = ByteString.CopyFrom(Body.Sha256),
            UpdateTime = ToTimestamp(UpdateTimeMicroseconds),
        };
        info.Metadata.Add(said.Metadata);
        info.Tags.Add(said.Tags);
        return info;
    }

    /// <summary>A stored time as the protos have it.</summary>
    internal static Timestamp ToTimestamp(long microseconds) => Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddMicroseconds(microseconds));

    private string MakeETag()
    {
        Span<byte> input = stackalloc byte[16 + ObjectLimits.Sha256Bytes];
        BinaryPrimitives.WriteUInt64LittleEndian(input, Generation);
        BinaryPrimitives.WriteInt64LittleEndian(input[8..], UpdateTimeMicroseconds);
        Body.Sha256.CopyTo(input[16..]);
        Span<byte> digest = stackalloc byte[ObjectLimits.Sha256Bytes];
        SHA256.HashData(input, digest);
        return $"\"{Convert.ToHexStringLower(digest[..ETagDigestBytes])}\"";
    }
}
