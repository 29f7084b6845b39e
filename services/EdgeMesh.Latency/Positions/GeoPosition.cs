using System.Globalization;

namespace EdgeMesh.Latency.Positions;

/// <summary>A place on Earth.</summary>
/// <param name="LatitudeDegrees">-90 (south) to 90.</param>
/// <param name="LongitudeDegrees">-180 (west) to 180.</param>
public readonly record struct GeoPosition(double LatitudeDegrees, double LongitudeDegrees)
{
    // Mean radius (IUGG).
    private const double EarthRadiusKilometres = 6371.0088;

    /// <summary>Makes a position of two numbers that someone told.</summary>
    /// <returns>False unless both are finite and in range.</returns>
    public static bool TryCreate(double latitudeDegrees, double longitudeDegrees, out GeoPosition position)
    {
        var valid = Math.Abs(latitudeDegrees) <= 90 && Math.Abs(longitudeDegrees) <= 180;
        position = valid ? new GeoPosition(latitudeDegrees, longitudeDegrees) : default;
        return valid;
    }

    /// <summary>Reads what a user wrote: <c>51.47,-0.45</c>, or a location code (<see cref="LocationCodes"/>).</summary>
    /// <param name="text">As typed.</param>
    /// <param name="position">Set when the answer is true.</param>
    /// <param name="error">What a right value looks like; empty when the answer is true.</param>
    public static bool TryParse(string text, out GeoPosition position, out string error)
    {
        error = "";
        var comma = text.IndexOf(',', StringComparison.Ordinal);
        if (comma < 0)
        {
            if (LocationCodes.Find(text) is { } location)
            {
                position = location.Position;
                return true;
            }

            position = default;
            error = "want LATITUDE,LONGITUDE in degrees, or a location code such as LHR, LHR50-1 or us-east-1-bos-1a";
            return false;
        }

        position = default;
        if (double.TryParse(text.AsSpan(0, comma), NumberStyles.Float, CultureInfo.InvariantCulture, out var latitude)
            && double.TryParse(text.AsSpan(comma + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var longitude)
            && TryCreate(latitude, longitude, out position))
        {
            return true;
        }

        error = "want a latitude from -90 to 90 and a longitude from -180 to 180, in degrees";
        return false;
    }

    /// <summary>The great-circle distance (haversine), kilometres, 0 to about 20,015.</summary>
    public double DistanceKilometresTo(GeoPosition other)
    {
        var latitude = Radians(other.LatitudeDegrees - LatitudeDegrees);
        var longitude = Radians(other.LongitudeDegrees - LongitudeDegrees);
        var a = Square(Math.Sin(latitude / 2))
            + (Math.Cos(Radians(LatitudeDegrees)) * Math.Cos(Radians(other.LatitudeDegrees)) * Square(Math.Sin(longitude / 2)));
        return 2 * EarthRadiusKilometres * Math.Asin(Math.Min(1, Math.Sqrt(a)));
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{LatitudeDegrees:0.####},{LongitudeDegrees:0.####}");

    private static double Radians(double degrees) => degrees * Math.PI / 180;

    private static double Square(double value) => value * value;
}
