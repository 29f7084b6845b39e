using EdgeMesh.Latency.Positions;

namespace EdgeMesh.Node.Values;

/// <summary>A place on Earth as people type it: <c>51.47,-0.45</c>, or a location code such as <c>LHR</c>.</summary>
internal static class Place
{
    /// <summary>Reads a place for an option that may be left out.</summary>
    public static bool TryReadOptional(string text, out GeoPosition? value, out string error)
    {
        var read = GeoPosition.TryParse(text, out var position, out error);
        value = read ? position : null;
        return read;
    }
}
