namespace EdgeMesh.Introspection;

/// <summary>A message that cannot be turned into the other form. The message reads <c>$.items[3].price: expected int32, got "abc"</c>.</summary>
public sealed class ProtoJsonException : Exception
{
    /// <summary>Says where and what.</summary>
    public ProtoJsonException(string path, string problem, Exception? inner = null)
        : base($"{path}: {problem}", inner) => Path = path;

    /// <summary>Where: a JSON path from <c>$</c>.</summary>
    public string Path { get; }
}
