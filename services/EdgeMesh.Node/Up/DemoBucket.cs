using System.Text;
using EdgeMesh.Node.Objects;
using EdgeMesh.Node.Targets;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Up;

/// <summary>A bucket with a few objects that edges may cache, so that there is something to fetch at once.</summary>
internal static class DemoBucket
{
    /// <summary>Its name.</summary>
    public const string Name = "demo";

    /// <summary>The object that <c>up</c> fetches through every edge.</summary>
    public const string Greeting = "hello.txt";

    /// <summary>A minute: long enough to try a hit by hand, short enough to see it expire.</summary>
    private const string CacheControl = "public, max-age=60";

    private static readonly (string Key, string ContentType, string Content)[] Objects =
    [
        (Greeting, "text/plain; charset=utf-8", "Hello from the Region, by way of the edge nearest to you.\n"),
        ("cities.json", "application/json", """{"LHR": "London", "CDG": "Paris", "FRA": "Frankfurt"}""" + "\n"),
        ("notes/readme.md", "text/markdown; charset=utf-8", "# Demo\n\nObjects here may be cached for a minute.\n"),
    ];

    /// <summary>Creates the bucket and stores its objects.</summary>
    /// <param name="region">To the Region.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TargetException">The Region refused.</exception>
    public static async Task LoadAsync(TargetConnection region, CancellationToken cancellationToken)
    {
        var client = new ObjectStoreService.ObjectStoreServiceClient(region.Channel);
        await region.CallAsync(options => client.CreateBucketAsync(new CreateBucketRequest { Bucket = Name }, options), cancellationToken);
        var upload = new ObjectUpload(region);
        foreach (var (key, contentType, content) in Objects)
        {
            var spec = new ObjectSpec { Bucket = Name, Key = key, ContentType = contentType, CacheControl = CacheControl };
            await upload.SendAsync(spec, new MemoryStream(Encoding.UTF8.GetBytes(content)), new Progress<long>(), cancellationToken);
        }
    }
}
