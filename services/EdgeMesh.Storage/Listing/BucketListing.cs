using System.Text;
using EdgeMesh.Storage.Database;
using EdgeMesh.Storage.Grammar;
using EdgeMesh.V1;

namespace EdgeMesh.Storage.Listing;

/// <summary>A checked request for a page of buckets, and how the page is made.</summary>
internal static class BucketListing
{
    // No bucket has this name: tokens of other listings do not pass here.
    private const string Listing = "*buckets*";

    /// <summary>Makes a page.</summary>
    /// <exception cref="ObjectStoreException"><see cref="ObjectStoreFault.InvalidArgument"/>.</exception>
    internal static ListBucketsResponse Page(MetadataDatabase metadata, ListBucketsRequest request)
    {
        var violations = new Violations();
        PageSize.Check(request.PageSize, violations);
        var from = PageToken.Read(request.PageToken, [], KeyOrder.Past([]), violations, Listing);
        violations.ThrowIfAny();

        var size = PageSize.Of(request.PageSize);
        var buckets = metadata.Read(queries => queries.ListBuckets(Encoding.UTF8.GetString(from), size + 1));
        var page = new ListBucketsResponse();
        page.Buckets.Add(buckets.Take(size));
        if (buckets.Count > size)
        {
            page.NextPageToken = PageToken.Make(Encoding.UTF8.GetBytes(buckets[size].Name), Listing);
        }

        return page;
    }
}
