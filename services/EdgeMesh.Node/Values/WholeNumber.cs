using System.Globalization;

namespace EdgeMesh.Node.Values;

/// <summary>Whole numbers, 0 and up.</summary>
internal static class WholeNumber
{
    /// <summary>Reads a number in a range.</summary>
    public static CommandLine.TryRead<int> Between(int least, int most) =>
        (string text, out int value, out string error) =>
        {
            error = string.Create(CultureInfo.InvariantCulture, $"want a whole number from {least} to {most}");
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= least && value <= most;
        };

    /// <summary>Reads an object's generation; 0 means that no object may be there.</summary>
    public static bool TryReadGeneration(string text, out ulong? value, out string error)
    {
        error = "want a generation, a whole number; 0: no object may be there";
        var ok = ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var generation);
        value = ok ? generation : null;
        return ok;
    }
}
