using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Values;

/// <summary>Which bytes of an object, as in HTTP's range (RFC 9110 section 14.1.2): <c>0-99</c>, <c>100-</c>, <c>-500</c>.</summary>
internal static class ByteRangeText
{
    /// <summary>Reads a range. Both ends are counted; a leading minus counts from the end.</summary>
    public static bool TryRead(string text, [MaybeNullWhen(false)] out ByteRange value, out string error)
    {
        error = "want FIRST-LAST, FIRST- or -COUNT, as 0-99, 100- or -500";
        value = null;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0 || !TryNumber(text[..dash], out var first) || !TryNumber(text[(dash + 1)..], out var last))
        {
            return false;
        }

        value = (first, last) switch
        {
            (null, > 0) => new ByteRange { OffsetBytes = -last.Value },
            (not null, null) => new ByteRange { OffsetBytes = first.Value },
            (not null, not null) when last >= first && last - first < long.MaxValue =>
                new ByteRange { OffsetBytes = first.Value, LengthBytes = last.Value - first.Value + 1 },
            _ => null,
        };
        return value is not null;
    }

    /// <summary>An absent number is null; false for anything but digits.</summary>
    private static bool TryNumber(string text, out long? number)
    {
        number = null;
        if (text.Length == 0)
        {
            return true;
        }

        var ok = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed);
        number = parsed;
        return ok;
    }
}
