namespace EdgeMesh.Node.Values;

/// <summary>Pairs: <c>key=value</c> for objects, <c>name: value</c> for request metadata.</summary>
internal static class KeyValue
{
    /// <summary>Reads <c>key=value</c>; the value may be empty and may hold more equal signs.</summary>
    public static bool TryRead(string text, out KeyValuePair<string, string> value, out string error) =>
        TryReadAt(text, '=', "want KEY=VALUE", out value, out error);

    /// <summary>Reads <c>name: value</c> or <c>name=value</c>, whichever sign comes first; names become lower case, as on the wire.</summary>
    public static bool TryReadHeader(string text, out KeyValuePair<string, string> value, out string error)
    {
        var sign = text.AsSpan().IndexOfAny(':', '=');
        var ok = TryReadAt(text, sign < 0 ? ':' : text[sign], "want 'NAME: VALUE'", out value, out error);
        value = ok ? new(value.Key.ToLowerInvariant(), value.Value.Trim()) : default;
        return ok;
    }

    private static bool TryReadAt(string text, char sign, string want, out KeyValuePair<string, string> value, out string error)
    {
        error = want;
        var at = text.IndexOf(sign, StringComparison.Ordinal);
        value = at > 0 ? new(text[..at].Trim(), text[(at + 1)..]) : default;
        return at > 0 && value.Key.Length > 0;
    }
}
