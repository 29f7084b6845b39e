using System.Diagnostics.CodeAnalysis;

namespace EdgeMesh.Node.Purges;

/// <summary>A request as a user names it: <c>SERVICE/METHOD</c>, a space, and its message: JSON, or <c>base64:</c> and its bytes.</summary>
/// <param name="Method">Without a leading slash.</param>
/// <param name="Json">The message as JSON; null: <see cref="Bytes"/> are it.</param>
/// <param name="Bytes">The message as clients encode it.</param>
internal sealed record RequestName(string Method, string? Json, byte[] Bytes)
{
    private const string Base64Prefix = "base64:";
    private const string Want = "want 'SERVICE/METHOD JSON', such as 'shop.v1.Catalog/GetProduct {\"id\": \"42\"}', or 'SERVICE/METHOD base64:BYTES'";

    /// <summary>Reads one.</summary>
    public static bool TryRead(string text, [MaybeNullWhen(false)] out RequestName value, out string error)
    {
        value = null;
        error = Want;
        text = text.Trim();
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        var method = (space < 0 ? text : text[..space]).TrimStart('/');
        var message = space < 0 ? "" : text[space..].Trim();
        if (!method.Contains('/', StringComparison.Ordinal))
        {
            return false;
        }

        if (!message.StartsWith(Base64Prefix, StringComparison.Ordinal))
        {
            value = new RequestName(method, message.Length == 0 ? "{}" : message, []);
            return true;
        }

        var digits = message[Base64Prefix.Length..];
        var bytes = new byte[digits.Length];
        if (!Convert.TryFromBase64String(digits, bytes, out var length))
        {
            error = "what follows base64: is not base64 (RFC 4648 section 4)";
            return false;
        }

        value = new RequestName(method, null, bytes[..length]);
        return true;
    }
}
