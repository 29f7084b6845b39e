using System.Text.RegularExpressions;

namespace EdgeMesh.Relay.Policies;

/// <summary>Which methods a rule is for: <c>shop.v1.Catalog/GetProduct</c>, or the beginning of such names and <c>*</c>.</summary>
/// <remarks>Immutable; thread-safe.</remarks>
public sealed partial record MethodPattern
{
    /// <summary>What a pattern must be, to complete a sentence.</summary>
    public const string Rule = "must be a method like shop.v1.Catalog/GetProduct, or shop.v1.Catalog/Get*, shop.v1.Catalog/*, shop.v1.* or *, of up to 256 characters";

    private const int MaxLength = 256;

    private MethodPattern(string text)
    {
        IsExact = !text.EndsWith('*');
        Prefix = "/" + (IsExact ? text : text[..^1]);
    }

    /// <summary>Whether it is one method's name.</summary>
    public bool IsExact { get; }

    /// <summary>What the paths of its methods begin with, or are, leading slash included.</summary>
    public string Prefix { get; }

    /// <summary>Reads a pattern.</summary>
    public static bool TryParse(string text, out MethodPattern pattern)
    {
        var isRight = text.Length <= MaxLength && Grammar().IsMatch(text);
        pattern = new MethodPattern(isRight ? text : "*");
        return isRight;
    }

    /// <summary>Whether a method is meant.</summary>
    /// <param name="path"><c>/package.Service/Method</c>.</param>
    public bool Matches(string path) => IsExact ? path.Equals(Prefix, StringComparison.Ordinal) : path.StartsWith(Prefix, StringComparison.Ordinal);

    [GeneratedRegex(@"\A(\*|[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(\.\*|/\*|/[A-Za-z_]\w*\*?))\z", RegexOptions.ECMAScript)]
    private static partial Regex Grammar();
}
