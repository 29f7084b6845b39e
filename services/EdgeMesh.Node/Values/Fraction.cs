using System.Globalization;

namespace EdgeMesh.Node.Values;

/// <summary>A share, as a number from 0 to 1: <c>0.1</c>.</summary>
internal static class Fraction
{
    /// <summary>Reads a share.</summary>
    public static bool TryRead(string text, out double value, out string error)
    {
        error = "want a share from 0 to 1, such as 0.1";
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && value is >= 0 and <= 1;
    }
}
