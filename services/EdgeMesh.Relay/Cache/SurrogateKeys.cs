using Microsoft.Extensions.Primitives;

namespace EdgeMesh.Relay.Cache;

/// <summary>Reads <c>surrogate-key</c>: the names, separated by spaces, that a purge may call an answer by.</summary>
/// <remarks>
/// Case counts. A comma separates, too: fields of one name may have been joined with it on the way (RFC 9110 section 5.3). Too many names,
/// or too long ones, cannot be dropped: a purge would miss the answer.
/// </remarks>
internal static class SurrogateKeys
{
    /// <summary>The field.</summary>
    public const string Name = "surrogate-key";

    /// <summary>Why an answer with too many is not stored.</summary>
    public const string Refusal = "too-many-tags";

    /// <summary>Names an answer may have: a page of a list with its items. Each costs the store some 60 bytes.</summary>
    public const int MaxTags = 256;

    /// <summary>Characters of a name.</summary>
    public const int MaxTagLength = 256;

    /// <summary>Reads all values of the field.</summary>
    /// <returns>The names without repeats; null: there are more than <see cref="MaxTags"/>, or one is longer than <see cref="MaxTagLength"/>.</returns>
    public static string[]? Read(StringValues values)
    {
        if (values.Count == 0)
        {
            return [];
        }

        var tags = new HashSet<string>(StringComparer.Ordinal);
        foreach (var value in values)
        {
            var text = value.AsSpan();
            foreach (var range in text.SplitAny(' ', '\t', ','))
            {
                var length = range.End.Value - range.Start.Value;
                if (length == 0)
                {
                    continue;
                }

                if (length > MaxTagLength || (tags.Add(text[range].ToString()) && tags.Count > MaxTags))
                {
                    return null;
                }
            }
        }

        return [.. tags];
    }
}
