namespace EdgeMesh.Wire;

/// <summary>What a metadata name and value may be, and how binary values travel.</summary>
/// <remarks>gRPC over HTTP2, "Custom-Metadata". Stateless; thread-safe.</remarks>
public static class MetadataRules
{
    /// <summary>Suffix that marks a binary value.</summary>
    public const string BinarySuffix = "-bin";

    /// <summary>Whether a name is 1 or more of a-z, 0-9, '_', '-', '.'.</summary>
    public static bool IsValidName(ReadOnlySpan<char> name)
    {
        foreach (var c in name)
        {
            if (!(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '-' or '.'))
            {
                return false;
            }
        }

        return !name.IsEmpty;
    }

    /// <summary>Whether a text value is printable ASCII, space included, and nothing else.</summary>
    public static bool IsValidAsciiValue(ReadOnlySpan<char> value) => !value.ContainsAnyExceptInRange(' ', '~');

    /// <summary>Whether a name marks its values as binary.</summary>
    public static bool IsBinary(ReadOnlySpan<char> name) => name.EndsWith(BinarySuffix, StringComparison.OrdinalIgnoreCase);

    /// <summary>Encodes a binary value: base64 (RFC 4648 section 4) without padding, as senders should.</summary>
    public static string EncodeBinary(ReadOnlySpan<byte> value) => Convert.ToBase64String(value).TrimEnd('=');

    /// <summary>Decodes one binary value, padded or not, as receivers must.</summary>
    /// <returns>False when it is not base64.</returns>
    public static bool TryDecodeBinary(ReadOnlySpan<char> text, out byte[] value)
    {
        text = text.Trim(' ').TrimEnd('=');
        value = [];
        if (text.Length % 4 == 1)
        {
            return false;
        }

        Span<char> padded = text.Length <= 1024 ? stackalloc char[text.Length + 3] : new char[text.Length + 3];
        text.CopyTo(padded);
        var length = text.Length;
        while (length % 4 != 0)
        {
            padded[length++] = '=';
        }

        var bytes = new byte[length / 4 * 3];
        if (!Convert.TryFromBase64Chars(padded[..length], bytes, out var written))
        {
            return false;
        }

        value = written == bytes.Length ? bytes : bytes[..written];
        return true;
    }
}
