using System.ComponentModel;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Contracts;

/// <summary>An object, in the JSON of <c>stat</c>, <c>put</c>, <c>get</c> and <c>ls</c>.</summary>
internal sealed record ObjectJson(
    [property: Description("Name of its bucket.")] string Bucket,
    [property: Description("Its key.")] string Key,
    [property: Description("Length of the content in bytes.")] ulong Size,
    [property: Description("Entity tag, in double quotes.")] string Etag,
    [property: Description("Grows with every write to the key, at least 1.")] ulong Generation,
    [property: Description("Media type.")] string ContentType,
    [property: Description("The user's own metadata, by name.")] IReadOnlyDictionary<string, string> Metadata,
    [property: Description("Tags for invalidation.")] IReadOnlyList<string> Tags,
    [property: Description("The object's own cache-control; null: the Region's default applies.")] string? CacheControl,
    [property: Description("SHA-256 of the content, 64 hexadecimal digits.")] string Sha256,
    [property: Description("When this generation was written, ISO 8601 in UTC; null when the node does not say.")] DateTimeOffset? Updated)
{
    /// <summary>What the store says of an object, as JSON.</summary>
    public static ObjectJson Of(ObjectInfo info) => new(
        info.Bucket,
        info.Key,
        info.SizeBytes,
        info.Etag,
        info.Generation,
        info.ContentType,
        new SortedDictionary<string, string>(info.Metadata, StringComparer.Ordinal),
        [.. info.Tags],
        info.CacheControl.Length == 0 ? null : info.CacheControl,
        Convert.ToHexStringLower(info.Sha256.Span),
        info.UpdateTime?.ToDateTimeOffset());
}
