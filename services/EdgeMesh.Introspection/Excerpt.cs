namespace EdgeMesh.Introspection;

/// <summary>What a peer sent, shortened for an error message: one that is megabytes long would not fit into a status.</summary>
internal static class Excerpt
{
    // Enough to recognise any name or value that a person wrote.
    private const int MaxLength = 64;

    public static string Of(string value) => value.Length <= MaxLength ? value : $"{value.AsSpan(0, MaxLength - 3)}...";
}
