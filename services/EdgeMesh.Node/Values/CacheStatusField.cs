namespace EdgeMesh.Node.Values;

/// <summary>What a <c>cache-status</c> field says (RFC 9211): which cache answered, and whether from its store.</summary>
/// <param name="Cache">The cache's name.</param>
/// <param name="Outcome"><c>hit</c>, <c>miss</c>, <c>stale</c>, <c>bypass</c>, or another forward reason as it stands there.</param>
internal sealed record CacheStatusField(string Cache, string Outcome)
{
    /// <summary>Outcome of an answer that no cache had a part in.</summary>
    public const string Direct = "direct";

    /// <summary>Outcome of an answer from a cache's store.</summary>
    public const string Hit = "hit";

    /// <summary>Outcome of an answer that the cache fetched, because it held none.</summary>
    public const string Miss = "miss";

    /// <summary>Reads the cache nearest to the caller: the last member of the list.</summary>
    /// <param name="field">The field's value; several values are joined by commas first.</param>
    /// <returns>Null for an empty or unreadable field.</returns>
    public static CacheStatusField? Read(string? field)
    {
        var member = Split(field ?? "", ',').LastOrDefault(part => part.Length > 0);
        if (member is null)
        {
            return null;
        }

        var parameters = Split(member, ';');
        var cache = parameters[0].Trim('"');
        string? reason = null;
        foreach (var parameter in parameters.Skip(1))
        {
            if (parameter is "hit" or "hit=?1")
            {
                return new(cache, Hit);
            }

            if (parameter.StartsWith("fwd=", StringComparison.Ordinal))
            {
                reason = parameter["fwd=".Length..];
            }
        }

        // RFC 9211 section 2.2: a cache distinguishes why it held nothing; to a user all three are a miss.
        return new(cache, reason is null or "miss" or "uri-miss" or "vary-miss" ? Miss : reason);
    }

    /// <summary>Splits at a separator outside of quoted strings (RFC 8941 section 3.3.3), and trims.</summary>
    private static List<string> Split(string text, char separator)
    {
        var parts = new List<string>();
        var start = 0;
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            if (quoted && text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == '"')
            {
                quoted = !quoted;
            }
            else if (text[i] == separator && !quoted)
            {
                parts.Add(text[start..i].Trim());
                start = i + 1;
            }
        }

        parts.Add(text[start..].Trim());
        return parts;
    }
}
