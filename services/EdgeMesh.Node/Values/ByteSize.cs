using System.Globalization;

namespace EdgeMesh.Node.Values;

/// <summary>A number of bytes: <c>1048576</c>, <c>64KiB</c>, <c>512MiB</c>, <c>2GiB</c>.</summary>
/// <param name="Bytes">0 and up.</param>
internal readonly record struct ByteSize(long Bytes)
{
    private static readonly (string Suffix, int Shift)[] Units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)];

    /// <summary>Reads a whole number of bytes or of binary units, 0 and up.</summary>
    public static bool TryRead(string text, out ByteSize value, out string error)
    {
        error = "want a number of bytes such as 1048576, 64KiB, 512MiB or 2GiB";
        var (suffix, shift) = Array.Find(Units, known => text.EndsWith(known.Suffix, StringComparison.Ordinal));
        var number = suffix is null ? text : text[..^suffix.Length];
        value = default;
        if (!long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count > long.MaxValue >> shift)
        {
            return false;
        }

        value = new ByteSize(count << shift);
        return true;
    }

    /// <summary>Reads a size for an option that may be left out.</summary>
    public static bool TryReadOptional(string text, out ByteSize? value, out string error)
    {
        var ok = TryRead(text, out var size, out error);
        value = ok ? size : null;
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

    /// <summary>As people type it, in the largest unit that leaves a whole number.</summary>
    public override string ToString()
    {
        var bytes = Bytes;
        var (suffix, shift) = Array.FindLast(Units, unit => bytes > 0 && bytes % (1L << unit.Shift) == 0);
        return string.Create(CultureInfo.InvariantCulture, $"{bytes >> shift}{suffix}");
    }
}
