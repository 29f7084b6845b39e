using System.Diagnostics.CodeAnalysis;
using EdgeMesh.Latency.Coordinates;
using EdgeMesh.V1;

namespace EdgeMesh.Probing.Messages;

/// <summary>Coordinates as messages, and back.</summary>
public static class CoordinateMessages
{
    /// <summary>Writes one.</summary>
    public static LatencyCoordinate ToMessage(this Coordinate coordinate)
    {
        var message = new LatencyCoordinate { Height = coordinate.HeightSeconds, Adjustment = coordinate.AdjustmentSeconds, Error = coordinate.Error };
        foreach (var component in coordinate.Position)
        {
            message.Position.Add(component);
        }

        return message;
    }

    /// <summary>Reads one that a peer told.</summary>
    /// <param name="message">Null: it told none.</param>
    /// <param name="coordinate">Set when the answer is true.</param>
    /// <returns>False unless it could be a coordinate (<see cref="Coordinate.TryCreate"/>).</returns>
    public static bool TryRead(LatencyCoordinate? message, [NotNullWhen(true)] out Coordinate? coordinate)
    {
        coordinate = null;
        return message is { Position.Count: Coordinate.Dimensions }
            && Coordinate.TryCreate([.. message.Position], message.Height, message.Adjustment, message.Error, out coordinate);
    }
}
