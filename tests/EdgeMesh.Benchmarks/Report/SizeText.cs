using System.Globalization;

namespace EdgeMesh.Benchmarks.Report;

/// <summary>Sizes as people write them: <c>100B</c>, <c>1KiB</c>, <c>3MiB</c>.</summary>
internal static class SizeText
{
    private static readonly (string Unit, int Bytes)[] Units = [("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

    /// <summary>The largest unit of which it is a whole number.</summary>
    public static string Format(int bytes)
    {
        var (unit, unitBytes) = Units.First(u => bytes % u.Bytes == 0);
        return string.Create(CultureInfo.InvariantCulture, $"{bytes / unitBytes} {unit}");
    }

    /// <summary>Reads what <see cref="Format"/> writes, with or without the space; 1 B to 3 MiB.</summary>
    public static bool TryParse(string text, out int bytes)
    {
        const int MaxBytes = 3 << 20;
        bytes = 0;
        foreach (var (unit, unitBytes) in Units)
        {
            if (text.EndsWith(unit, StringComparison.OrdinalIgnoreCase)
                && int.TryParse(text[..^unit.Length].TrimEnd(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number >= 1 && number <= MaxBytes / unitBytes)
            {
                bytes = number * unitBytes;
                return true;
            }
        }

        return false;
    }
}
