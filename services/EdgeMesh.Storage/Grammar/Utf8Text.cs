using System.Globalization;
using System.Text;

namespace EdgeMesh.Storage.Grammar;

/// <summary>Text of bounded length that is stored, compared and ordered as its UTF-8 bytes: keys, prefixes, delimiters.</summary>
internal static class Utf8Text
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Encodes a text, noting every rule that it breaks.</summary>
    /// <returns>The bytes; empty where they could not be made.</returns>
    internal static byte[] Check(string field, string text, int minBytes, int maxBytes, Violations violations)
    {
        byte[] bytes;
        try
        {
            bytes = Strict.GetBytes(text);
        }
        catch (EncoderFallbackException)
        {
            violations.Add(field, "must be well-formed Unicode", Violations.Shown(text));
            return [];
        }

        if (bytes.Length < minBytes || bytes.Length > maxBytes)
        {
            violations.Add(field, $"must be {minBytes} to {maxBytes.ToString("N0", CultureInfo.InvariantCulture)} bytes of UTF-8", bytes.Length);
        }

        foreach (var c in text)
        {
            if (char.IsControl(c))
            {
                violations.Add(field, "must not have control characters", Violations.Shown(text));
                break;
            }
        }

        return bytes;
    }

    /// <summary>Whether a text is printable ASCII (space to tilde) and nothing else.</summary>
    internal static bool IsPrintableAscii(string text) => !text.AsSpan().ContainsAnyExceptInRange(' ', '~');

    /// <summary>Decodes what <see cref="Check"/> made.</summary>
    internal static string Text(ReadOnlySpan<byte> bytes) => Strict.GetString(bytes);
}
