using System.Text.RegularExpressions;

namespace EdgeMesh.Relay.Policies;

/// <summary>Names a field of a message, or of a message within it: <c>page.token</c>, or by numbers <c>4.2</c>.</summary>
internal static partial class FieldPath
{
    /// <summary>What a path must be, to complete a sentence.</summary>
    public const string Rule = "must be 1 to 8 names or numbers of fields joined by '.', like product_id, page.token or 4.2, of up to 256 characters";

    /// <summary>Largest number of a field (protobuf's own limit).</summary>
    public const int MaxNumber = (1 << 29) - 1;

    private const int MaxLength = 256;

    /// <summary>Takes a path apart.</summary>
    public static bool TryParse(string text, out string[] steps)
    {
        steps = text.Split('.');
        return text.Length <= MaxLength && Grammar().IsMatch(text) && steps.All(step => !char.IsAsciiDigit(step[0]) || (int.TryParse(step, out var number) && number <= MaxNumber));
    }

    /// <summary>Whether all steps are numbers.</summary>
    public static bool IsNumeric(string[] steps) => Array.TrueForAll(steps, step => char.IsAsciiDigit(step[0]));

    [GeneratedRegex(@"\A([A-Za-z_]\w{0,255}|[1-9][0-9]{0,8})(\.([A-Za-z_]\w{0,255}|[1-9][0-9]{0,8})){0,7}\z", RegexOptions.ECMAScript)]
    private static partial Regex Grammar();
}
