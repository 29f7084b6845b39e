using EdgeMesh.Node.Targets;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Objects;

/// <summary>Reads listings to their ends, page by page.</summary>
/// <param name="connection">To the node.</param>
internal sealed class ObjectListing(TargetConnection connection)
{
    private readonly ObjectStoreService.ObjectStoreServiceClient _client = new(connection.Channel);

    /// <summary>All buckets in order of name.</summary>
    /// <exception cref="TargetException">The node refused or could not be reached.</exception>
    public async Task<IReadOnlyList<Bucket>> ListBucketsAsync(CancellationToken cancellationToken)
    {
        var buckets = new List<Bucket>();
        var request = new ListBucketsRequest();
        do
        {
            var (page, _) = await connection.CallAsync(options => _client.ListBucketsAsync(request, options), cancellationToken);
            buckets.AddRange(page.Buckets);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return buckets;
    }

    /// <summary>Objects of a bucket in byte order of key, and the prefixes that stand for the others.</summary>
    /// <param name="bucket">The bucket.</param>
    /// <param name="prefix">Start of keys; empty: all.</param>
    /// <param name="delimiter">Where keys are folded; empty: nowhere.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <exception cref="TargetException">The node refused or could not be reached.</exception>
    public async Task<(IReadOnlyList<string> Prefixes, IReadOnlyList<ObjectInfo> Objects)> ListObjectsAsync(
        string bucket, string prefix, string delimiter, CancellationToken cancellationToken)
    {
        var prefixes = new List<string>();
        var objects = new List<ObjectInfo>();
        var request = new ListObjectsRequest { Bucket = bucket, Prefix = prefix, Delimiter = delimiter };
        do
        {
            var (page, _) = await connection.CallAsync(options => _client.ListObjectsAsync(request, options), cancellationToken);
            prefixes.AddRange(page.CommonPrefixes);
            objects.AddRange(page.Objects);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return (prefixes, objects);
    }
}
