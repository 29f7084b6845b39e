namespace EdgeMesh.Node.Configuration;

/// <summary>A node of a YAML document, with the line that it begins on, from 1.</summary>
internal abstract record YamlNode(int Line);

/// <summary>One value.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Text">Without quotes.</param>
/// <param name="IsPlain">Whether it stood there without quotes, so that <c>null</c> and <c>~</c> mean nothing at all.</param>
internal sealed record YamlScalar(int Line, string Text, bool IsPlain) : YamlNode(Line)
{
    /// <summary>Whether there is no value.</summary>
    public bool IsEmpty => Text.Length == 0 || (IsPlain && Text is "~" or "null" or "Null" or "NULL");
}

/// <summary>Values in order.</summary>
internal sealed record YamlList(int Line, IReadOnlyList<YamlNode> Items) : YamlNode(Line);

/// <summary>Values by key, no key twice.</summary>
internal sealed record YamlMapping(int Line, IReadOnlyList<YamlEntry> Entries) : YamlNode(Line);

/// <summary>A key and its value.</summary>
/// <param name="Key">Never empty.</param>
/// <param name="Line">The key's.</param>
/// <param name="Path">From the document's root down to the key.</param>
/// <param name="Value">What it has.</param>
internal sealed record YamlEntry(string Key, int Line, string Path, YamlNode Value);
