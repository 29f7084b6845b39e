using EdgeMesh.Latency.Positions;
using EdgeMesh.V1;

namespace EdgeMesh.Probing.Messages;

/// <summary>Positions as messages, and back.</summary>
public static class PositionMessages
{
    /// <summary>Writes one.</summary>
    public static Position ToMessage(this GeoPosition position) => new() { Latitude = position.LatitudeDegrees, Longitude = position.LongitudeDegrees };

    /// <summary>Reads one that a peer told.</summary>
    /// <param name="message">Null: it told none.</param>
    /// <returns>Null if there is none, or none on Earth.</returns>
    public static GeoPosition? Read(Position? message) =>
        message is not null && GeoPosition.TryCreate(message.Latitude, message.Longitude, out var position) ? position : null;
}
