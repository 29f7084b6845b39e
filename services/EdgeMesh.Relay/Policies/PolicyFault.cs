namespace EdgeMesh.Relay.Policies;

/// <summary>Something that is wrong in a policy.</summary>
/// <param name="Path">Where, by names as in files: <c>rules[2].key_fields[0]</c>.</param>
/// <param name="Message">What is wrong and what would be right, to follow the path: <c>must be ..., is "x"</c>.</param>
public sealed record PolicyFault(string Path, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => Path.Length == 0 ? Message : $"{Path} {Message}";
}
