using System.Globalization;

namespace EdgeMesh.Node.Values;

/// <summary>A number of bytes: <c>1048576</c>, <c>64KiB</c>, <c>512MiB</c>, <c>2GiB</c>.</summary>
internal static class ByteSize
{
    private static readonly (string Suffix, int Shift)[] Units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)];

    /// <summary>Reads a whole number of bytes or of binary units, 0 and up.</summary>
    public static bool TryRead(string text, out long value, out string error)
    {
        error = "want a number of bytes such as 1048576, 64KiB, 512MiB or 2GiB";
        var (suffix, shift) = Array.Find(Units, known => text.EndsWith(known.Suffix, StringComparison.Ordinal));
        var number = suffix is null ? text : text[..^suffix.Length];
        if (!long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out value) || value > long.MaxValue >> shift)
        {
            value = 0;
            return false;
        }

        value <<= shift;
        return true;
    }

    /// <summary>Reads a size for an option that may be left out.</summary>
    public static bool TryReadOptional(string text, out long? value, out string error)
    {
        var ok = TryRead(text, out var bytes, out error);
        value = ok ? bytes : null;
        return ok;
    }

    /// <summary>In the largest unit that leaves at least 1, with one digit after the point: <c>1.5 MiB</c>.</summary>
    public static string Show(ulong bytes)
    {
        for (var unit = Units.Length - 1; unit >= 0; unit--)
        {
            var (suffix, shift) = Units[unit];
            if (bytes >= 1UL << shift)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1UL << shift):0.0} {suffix}");
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{bytes} B");
    }
}
