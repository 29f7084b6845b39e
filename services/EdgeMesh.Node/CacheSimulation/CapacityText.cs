using System.Globalization;
using EdgeMesh.Lab.CacheSimulation.Traces;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.CacheSimulation;

/// <summary>A simulated cache's capacity: <c>1%</c> of a trace's footprint, or <c>64MiB</c>.</summary>
/// <param name="Text">As typed.</param>
/// <param name="Bytes">Set when it was a number of bytes, or of objects where they have no sizes.</param>
/// <param name="Share">Set when it was a percentage: a share of the footprint.</param>
internal readonly record struct CapacityText(string Text, long? Bytes, double Share)
{
    /// <summary>Reads a list, separated by commas.</summary>
    public static bool TryReadList(string text, out CapacityText[] values, out string error)
    {
        var list = new List<CapacityText>();
        values = [];
        foreach (var one in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!TryRead(one, out var value, out error))
            {
                return false;
            }

            list.Add(value);
        }

        values = [.. list];
        error = "";
        return true;
    }

    /// <summary>The capacity over a trace: at least 1.</summary>
    public long For(Trace trace) => Math.Max(1, Bytes ?? (long)(trace.FootprintBytes * Share));

    private static bool TryRead(string text, out CapacityText value, out string error)
    {
        error = "want percentages of the footprint above 0 and up to 100%, or sizes of at least 1 such as 64MiB, separated by commas";
        value = default;
        if (text.EndsWith('%'))
        {
            var isRead = double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent);
            value = new(text, null, percent / 100);
            return isRead && percent is > 0 and <= 100;
        }

        var isSize = ByteSize.TryRead(text, out var size, out _);
        value = new(text, size.Bytes, 0);
        return isSize && size.Bytes > 0;
    }
}
