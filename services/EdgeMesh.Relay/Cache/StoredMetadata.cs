using System.Collections.Frozen;
using EdgeMesh.Caching;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace EdgeMesh.Relay.Cache;

/// <summary>The metadata of a stored answer as names and values to be set; values of one name stand together.</summary>
/// <param name="Initial">Response headers.</param>
/// <param name="Trailers">Trailers.</param>
internal sealed record StoredMetadata(KeyValuePair<string, StringValues>[] Initial, KeyValuePair<string, StringValues>[] Trailers);

/// <summary>Takes the metadata of stored answers apart, and remembers it: a popular answer's is ready to be set.</summary>
/// <remarks>
/// A fixed table, each in the one place that its hash names; whoever comes last has it. Bounded: <see cref="Places"/> times
/// <see cref="MaxRememberedBytes"/> as bytes, and about twice that as text. Thread-safe: a place is one reference.
/// </remarks>
internal sealed class StoredMetadataTable
{
    private const int Places = 1024;
    private const int MaxRememberedBytes = 1024;

    // The server's own strings of names that it knows: it then finds their places without reading them.
    private static readonly FrozenDictionary<string, string> ServerNames =
        new[] { HeaderNames.ContentType, HeaderNames.CacheControl, HeaderNames.Date, HeaderNames.ETag, HeaderNames.LastModified, HeaderNames.Vary, HeaderNames.GrpcAcceptEncoding, HeaderNames.GrpcEncoding, HeaderNames.GrpcMessage, HeaderNames.GrpcStatus }
            .ToFrozenDictionary(name => name.ToLowerInvariant(), StringComparer.Ordinal);

    private readonly Remembered?[] _places = new Remembered?[Places];
    private readonly MetadataText _text = new();

    /// <summary>The metadata of an entry.</summary>
    public StoredMetadata Get(EntryHead head)
    {
        var bytes = head.FieldData;
        if (bytes.Length > MaxRememberedBytes)
        {
            return Read(head);
        }

        ref var place = ref _places[KeyHash.Compute(bytes).Low % Places];
        if (Volatile.Read(ref place) is { } known && known.Counts == head.FieldCounts && bytes.SequenceEqual(known.Bytes))
        {
            return known.Metadata;
        }

        var metadata = Read(head);
        Volatile.Write(ref place, new Remembered(bytes.ToArray(), head.FieldCounts, metadata));
        return metadata;
    }

    private StoredMetadata Read(EntryHead head) => new(Read(head.InitialMetadata), Read(head.Trailers));

    private KeyValuePair<string, StringValues>[] Read(FieldReader fields)
    {
        var read = new List<KeyValuePair<string, StringValues>>(fields.Remaining);
        while (fields.MoveNext())
        {
            var name = _text.Get(fields.Name);
            name = ServerNames.GetValueOrDefault(name, name);
            var value = _text.Get(fields.Value);
            if (read.Count > 0 && read[^1].Key == name)
            {
                read[^1] = new(name, StringValues.Concat(read[^1].Value, value));
            }
            else
            {
                read.Add(new(name, value));
            }
        }

        return [.. read];
    }

    private sealed record Remembered(byte[] Bytes, uint Counts, StoredMetadata Metadata);
}
