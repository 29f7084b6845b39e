using EdgeMesh.Storage.Database;
using EdgeMesh.Storage.Grammar;
using EdgeMesh.V1;

namespace EdgeMesh.Storage.Listing;

/// <summary>A checked request for a page of objects, and the walk that makes the page.</summary>
/// <remarks>
/// A folded prefix costs one row and one seek, however many keys it hides: the walk jumps past it. Keys that stand through all pages of a
/// listing appear exactly once; those that come or go meanwhile may or may not. Immutable.
/// </remarks>
internal sealed class ObjectListing
{
    private readonly ListObjectsRequest _request;
    private readonly byte[] _prefix;
    private readonly byte[] _delimiter;
    private readonly byte[] _from;
    private readonly byte[] _past;
    private readonly int _pageSize;

    private ObjectListing(ListObjectsRequest request, byte[] prefix, byte[] delimiter, byte[] from, byte[] past)
    {
        _request = request;
        _prefix = prefix;
        _delimiter = delimiter;
        _from = from;
        _past = past;
        _pageSize = PageSize.Of(request.PageSize);
    }

    /// <summary>Checks a request.</summary>
    /// <exception cref="ObjectStoreException"><see cref="ObjectStoreFault.InvalidArgument"/>.</exception>
    internal static ObjectListing Parse(ListObjectsRequest request)
    {
        var violations = new Violations();
        BucketName.Check("bucket", request.Bucket, violations);
        var prefix = Utf8Text.Check("prefix", request.Prefix, 0, ObjectLimits.KeyMaxBytes, violations);
        var delimiter = Utf8Text.Check("delimiter", request.Delimiter, 0, ObjectLimits.DelimiterMaxBytes, violations);
        PageSize.Check(request.PageSize, violations);
        var past = KeyOrder.Past(prefix);
        var from = PageToken.Read(request.PageToken, prefix, past, violations, request.Bucket, request.Prefix, request.Delimiter);
        violations.ThrowIfAny();
        return new ObjectListing(request, prefix, delimiter, from, past);
    }

    /// <summary>Makes the page, within one snapshot.</summary>
    internal ListObjectsResponse Page(MetadataQueries queries)
    {
        var page = new ListObjectsResponse();
        var bucketId = queries.BucketId(_request.Bucket);
        var bytes = 0;
        byte[]? from = _from;
        while (from is not null)
        {
            from = Walk(queries, bucketId, from, page, ref bytes);
        }

        return page;
    }

    // Adds entries up to the first folded prefix, the end of the page or the end of the listing.
    // Returns where to go on for the same page; null: the page is done.
    private byte[]? Walk(MetadataQueries queries, long bucketId, byte[] from, ListObjectsResponse page, ref int bytes)
    {
        var room = _pageSize - page.Objects.Count - page.CommonPrefixes.Count;
        foreach (var item in queries.ListObjects(_request.Bucket, bucketId, from, _past, room + 1))
        {
            var folded = FoldedBytes(item.Name.KeyBytes);
            var info = folded == 0 ? item.ToInfo() : null;
            bytes += info?.CalculateSize() ?? folded;
            if (room-- == 0 || bytes > ObjectLimits.PageMaxBytes)
            {
                page.NextPageToken = PageToken.Make(item.Name.KeyBytes, _request.Bucket, _request.Prefix, _request.Delimiter);
                return null;
            }

            if (info is null)
            {
                var prefix = item.Name.KeyBytes.AsSpan(0, folded);
                page.CommonPrefixes.Add(Utf8Text.Text(prefix));
                return KeyOrder.Past(prefix);
            }

            page.Objects.Add(info);
        }

        return null;
    }

    // How many bytes of a key its folded prefix has; 0: it is not folded.
    private int FoldedBytes(ReadOnlySpan<byte> key)
    {
        if (_delimiter.Length == 0)
        {
            return 0;
        }

        var at = key[_prefix.Length..].IndexOf(_delimiter);
        return at < 0 ? 0 : _prefix.Length + at + _delimiter.Length;
    }
}
