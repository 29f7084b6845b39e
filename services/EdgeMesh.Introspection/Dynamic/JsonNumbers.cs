using System.Globalization;

namespace EdgeMesh.Introspection;

/// <summary>Numbers as protobuf's JSON mapping reads them: JSON's own grammar, in a JSON number or in a string.</summary>
internal static class JsonNumbers
{
    // The longest integer, 2^64-1, has 20 digits.
    private const int MaxDigits = 20;

    /// <summary>Reads a number without a fraction exactly: <c>1</c>, <c>1.0</c>, <c>1e2</c>, <c>100e-2</c>.</summary>
    public static bool TryParseInteger(ReadOnlySpan<char> text, out Int128 value)
    {
        value = 0;
        if (!TrySplit(text, out var negative, out var whole, out var fraction, out var exponent))
        {
            return false;
        }

        var digits = string.Concat(whole, fraction).TrimStart('0');
        var trimmed = digits.TrimEnd('0');
        if (trimmed.Length == 0)
        {
            return true;
        }

        var scale = exponent - fraction.Length + (digits.Length - trimmed.Length);
        if (scale < 0 || trimmed.Length + scale > MaxDigits)
        {
            return false;
        }

        value = Int128.Parse(trimmed.PadRight(trimmed.Length + (int)scale, '0'), NumberStyles.None, CultureInfo.InvariantCulture);
        value = negative ? -value : value;
        return true;
    }

    /// <summary>Reads a finite number.</summary>
    public static bool TryParseDouble(ReadOnlySpan<char> text, out double value)
    {
        value = 0;
        return TrySplit(text, out _, out _, out _, out _)
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value)
            && double.IsFinite(value);
    }

    /// <summary>Reads a finite number.</summary>
    public static bool TryParseSingle(ReadOnlySpan<char> text, out float value)
    {
        value = 0;
        return TrySplit(text, out _, out _, out _, out _)
            && float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value)
            && float.IsFinite(value);
    }

    // RFC 8259 section 6: [ minus ] int [ frac ] [ exp ].
    private static bool TrySplit(ReadOnlySpan<char> text, out bool negative, out ReadOnlySpan<char> whole, out ReadOnlySpan<char> fraction, out long exponent)
    {
        negative = text is ['-', ..];
        whole = text[(negative ? 1 : 0)..];
        fraction = default;
        exponent = 0;
        if (whole.IndexOfAny('e', 'E') is var e && e >= 0)
        {
            var power = whole[(e + 1)..];
            whole = whole[..e];
            var unsigned = power is ['+' or '-', ..] ? power[1..] : power;
            // Six digits are past every type; more would overflow.
            if (!IsDigits(unsigned) || unsigned.TrimStart('0').Length > 6)
            {
                return false;
            }

            exponent = long.Parse(power, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        }

        if (whole.IndexOf('.') is var dot && dot >= 0)
        {
            fraction = whole[(dot + 1)..];
            whole = whole[..dot];
            if (!IsDigits(fraction))
            {
                return false;
            }
        }

        return IsDigits(whole) && (whole.Length == 1 || whole[0] != '0');
    }

    private static bool IsDigits(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExceptInRange('0', '9');
}
