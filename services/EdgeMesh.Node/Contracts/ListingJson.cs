using System.ComponentModel;

namespace EdgeMesh.Node.Contracts;

/// <summary>A bucket, in the JSON of <c>ls</c> and <c>mb</c>.</summary>
internal sealed record BucketJson(
    [property: Description("Its name.")] string Name,
    [property: Description("When it was created, ISO 8601 in UTC; null when the node does not say.")] DateTimeOffset? Created)
{
    /// <summary>What the store says of a bucket, as JSON.</summary>
    public static BucketJson Of(V1.Bucket bucket) => new(bucket.Name, bucket.CreateTime?.ToDateTimeOffset());
}

/// <summary>The JSON of <c>ls</c> without an argument.</summary>
internal sealed record BucketsJson(
    [property: Description("In order of name.")] IReadOnlyList<BucketJson> Buckets);

/// <summary>The JSON of <c>ls BUCKET[/PREFIX]</c>.</summary>
internal sealed record ObjectsJson(
    [property: Description("Prefixes that stand for the keys folded under them, in byte order.")] IReadOnlyList<string> Prefixes,
    [property: Description("Objects in byte order of key.")] IReadOnlyList<ObjectJson> Objects);

/// <summary>The JSON of <c>rm</c> and <c>rb</c>.</summary>
internal sealed record RemovedJson(
    [property: Description("What was removed: BUCKET/KEY of each object, or the bucket's name.")] IReadOnlyList<string> Removed);
