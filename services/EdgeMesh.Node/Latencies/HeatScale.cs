namespace EdgeMesh.Node.Latencies;

/// <summary>Colours for round trips, the same in the terminal and in a picture: a millisecond and less is the darkest green, half a second and more the darkest red, in logarithmic steps.</summary>
internal static class HeatScale
{
    private const double LeastMilliseconds = 1;
    private const double MostMilliseconds = 500;

    // ColorBrewer's RdYlGn, reversed, whose ends people with red-green weakness tell apart by their brightness against the middle.
    private static readonly (byte Red, byte Green, byte Blue)[] Stops =
        [(26, 152, 80), (102, 189, 99), (166, 217, 106), (217, 239, 139), (254, 224, 139), (253, 174, 97), (244, 109, 67), (215, 48, 39)];

    /// <summary>The colour of a round trip.</summary>
    /// <param name="milliseconds">0 or more.</param>
    public static (byte Red, byte Green, byte Blue) Of(double milliseconds)
    {
        var bounded = Math.Clamp(milliseconds, LeastMilliseconds, MostMilliseconds);
        var place = Math.Log(bounded / LeastMilliseconds) / Math.Log(MostMilliseconds / LeastMilliseconds) * (Stops.Length - 1);
        var (low, high) = (Stops[(int)place], Stops[Math.Min((int)place + 1, Stops.Length - 1)]);
        var share = place - (int)place;
        byte Mix(byte a, byte b) => (byte)Math.Round(a + ((b - a) * share));
        return (Mix(low.Red, high.Red), Mix(low.Green, high.Green), Mix(low.Blue, high.Blue));
    }

    /// <summary>Whether black is easier to read on it than white (relative luminance, WCAG 2).</summary>
    public static bool IsLight((byte Red, byte Green, byte Blue) colour) => (0.2126 * colour.Red) + (0.7152 * colour.Green) + (0.0722 * colour.Blue) > 110;
}
