namespace EdgeMesh.Relay.Policies;

/// <summary>Takes a tag's template apart: <c>product:{product_id}</c>.</summary>
internal static class TagText
{
    /// <summary>What a template must be, to complete a sentence.</summary>
    public const string Rule = "must be 1 to 256 printable ASCII characters without spaces and commas, with fields in braces like product:{product_id} or order:{response.order.id}, up to 4 of them";

    private const int MaxLength = 256;
    private const int MaxFields = 4;
    private const string RequestPrefix = "request.";
    private const string ResponsePrefix = "response.";

    /// <summary>A piece: text, and the field that follows it.</summary>
    /// <param name="Text">Before the field.</param>
    /// <param name="Steps">The field's path; null: only text.</param>
    /// <param name="IsResponse">Whether the field is the answer's.</param>
    public readonly record struct Piece(string Text, string[]? Steps, bool IsResponse);

    /// <summary>Reads a template.</summary>
    public static bool TryParse(string text, out List<Piece> pieces)
    {
        pieces = [];
        if (text.Length is 0 or > MaxLength || text.AsSpan().ContainsAnyExceptInRange('!', '~') || text.Contains(','))
        {
            return false;
        }

        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            var open = rest.IndexOfAny('{', '}');
            if (open < 0)
            {
                pieces.Add(new Piece(rest.ToString(), null, IsResponse: false));
                break;
            }

            var close = rest[open..].IndexOf('}');
            if (rest[open] == '}' || close < 0 || pieces.Count == MaxFields)
            {
                return false;
            }

            var path = rest[(open + 1)..(open + close)].ToString();
            var isResponse = path.StartsWith(ResponsePrefix, StringComparison.Ordinal);
            var field = isResponse ? path[ResponsePrefix.Length..] : path.StartsWith(RequestPrefix, StringComparison.Ordinal) ? path[RequestPrefix.Length..] : path;
            if (!FieldPath.TryParse(field, out var steps))
            {
                return false;
            }

            pieces.Add(new Piece(rest[..open].ToString(), steps, isResponse));
            rest = rest[(open + close + 1)..];
        }

        return true;
    }
}
