namespace EdgeMesh.Latency.Positions;

/// <summary>Whose law holds at a node: an ISO 3166 code such as <c>GB</c>, or a word of the operator's such as <c>EU</c>.</summary>
public static class Jurisdiction
{
    /// <summary>The most letters, digits and hyphens.</summary>
    public const int MaxLength = 32;

    /// <summary>What is wrong with a jurisdiction.</summary>
    /// <param name="text">As told; empty is wrong.</param>
    /// <returns>The limit; null when all is right.</returns>
    public static string? FindViolation(string text) =>
        text.Length is >= 1 and <= MaxLength && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-')
            ? null
            : $"must be 1 to {MaxLength} letters, digits and hyphens, such as GB";
}
