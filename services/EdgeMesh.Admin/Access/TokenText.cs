using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace EdgeMesh.Admin.Access;

/// <summary>A token's text: <c>emt_ID_SECRET</c>, the id of 12 and the secret of 52 characters a-z, 2-7 (60 and 260 bits, RFC 4648's base32 alphabet in lower case).</summary>
/// <remarks>The secret is drawn at random, so that one round of SHA-256 is enough to keep it by. The fixed beginning lets scanners of source code find leaked ones.</remarks>
public static class TokenText
{
    private const string Prefix = "emt_";
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";
    private const int IdChars = 12;
    private const int SecretChars = 52;
    private const int Chars = 4 + IdChars + 1 + SecretChars;

    private static readonly SearchValues<char> Letters = SearchValues.Create(Alphabet);

    /// <summary>Draws a new token from the system's source of randomness.</summary>
    public static string Create() => $"{Prefix}{RandomNumberGenerator.GetString(Alphabet, IdChars)}_{RandomNumberGenerator.GetString(Alphabet, SecretChars)}";

    /// <summary>Reads a token's id; false when the text is no token.</summary>
    public static bool TryReadId(string text, out string id)
    {
        var isToken = text.Length == Chars
            && text.StartsWith(Prefix, StringComparison.Ordinal)
            && text[Prefix.Length + IdChars] == '_'
            && !text.AsSpan(Prefix.Length, IdChars).ContainsAnyExcept(Letters)
            && !text.AsSpan(Chars - SecretChars).ContainsAnyExcept(Letters);
        id = isToken ? text.Substring(Prefix.Length, IdChars) : "";
        return isToken;
    }

    /// <summary>SHA-256 of a token's text: 32 bytes, all that is kept of it.</summary>
    public static byte[] Digest(string text) => SHA256.HashData(Encoding.ASCII.GetBytes(text));
}
