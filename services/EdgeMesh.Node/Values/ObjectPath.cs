using System.Diagnostics.CodeAnalysis;

namespace EdgeMesh.Node.Values;

/// <summary>A place in the object store as typed: <c>BUCKET</c>, <c>BUCKET/KEY</c> or <c>BUCKET/PREFIX</c>.</summary>
/// <param name="Bucket">Not empty. Its grammar is the Region's to check.</param>
/// <param name="Key">What follows the first slash; empty for a bucket. Slashes in it are ordinary characters.</param>
internal sealed record ObjectPath(string Bucket, string Key)
{
    /// <summary>Reads <c>BUCKET/KEY</c>: both must be there.</summary>
    public static bool TryReadObject(string text, [MaybeNullWhen(false)] out ObjectPath value, out string error)
    {
        error = "want BUCKET/KEY";
        return TryReadAny(text, out value) && value.Key.Length > 0;
    }

    /// <summary>Reads <c>BUCKET</c> or <c>BUCKET/PREFIX</c>.</summary>
    public static bool TryReadPrefix(string text, [MaybeNullWhen(false)] out ObjectPath value, out string error)
    {
        error = "want BUCKET or BUCKET/PREFIX";
        return TryReadAny(text, out value);
    }

    /// <summary>Reads <c>BUCKET</c>.</summary>
    public static bool TryReadBucket(string text, [MaybeNullWhen(false)] out string value, out string error)
    {
        error = "want a bucket's name, without a slash";
        value = text.TrimEnd('/');
        return value.Length > 0 && !value.Contains('/', StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Bucket}/{Key}";

    private static bool TryReadAny(string text, [MaybeNullWhen(false)] out ObjectPath value)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        value = slash < 0 ? new(text, "") : new(text[..slash], text[(slash + 1)..]);
        return value.Bucket.Length > 0;
    }
}
