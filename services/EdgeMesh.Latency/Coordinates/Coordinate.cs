using System.Diagnostics.CodeAnalysis;

namespace EdgeMesh.Latency.Coordinates;

/// <summary>Where a node is in latency space: the distance between two coordinates predicts the round trip between their nodes.</summary>
/// <remarks>
/// Vivaldi with height (Dabek et al., SIGCOMM 2004): a Euclidean part for the core of the network, and a height for the access
/// link that every packet crosses. The adjustment term is from Lee et al., "On Suitability of Euclidean Embedding for
/// Host-Based Network Coordinate Systems" (IEEE/ACM ToN 18(1), 2010). Dimensions and limits are those of Serf. Immutable; thread-safe.
/// </remarks>
public sealed class Coordinate
{
    /// <summary>Euclidean dimensions (Serf, Dimensionality, after NSDI 2007: more of them help up to a point).</summary>
    public const int Dimensions = 8;

    /// <summary>The error of a coordinate that has seen nothing, and the most that any has (Serf, VivaldiErrorMax).</summary>
    public const double MaxError = 1.5;

    /// <summary>The least height, seconds (Serf, HeightMin): positive, so that the height can grow, and small beside any real access link.</summary>
    public const double MinHeightSeconds = 10e-6;

    /// <summary>No component is larger, seconds: a round trip longer than this is no round trip (<see cref="RoundTrip.Longest"/>).</summary>
    public const double MaxComponentSeconds = 10;

    private readonly double[] _position;

    internal Coordinate(double[] position, double heightSeconds, double adjustmentSeconds, double error)
    {
        _position = position;
        HeightSeconds = heightSeconds;
        AdjustmentSeconds = adjustmentSeconds;
        Error = error;
    }

    /// <summary>Where everyone starts: the middle, least height, greatest error.</summary>
    public static Coordinate Origin { get; } = new(new double[Dimensions], MinHeightSeconds, 0, MaxError);

    /// <summary>The Euclidean part, <see cref="Dimensions"/> numbers in seconds.</summary>
    public ReadOnlySpan<double> Position => _position;

    /// <summary>The access link's share of every round trip, seconds, at least <see cref="MinHeightSeconds"/>.</summary>
    public double HeightSeconds { get; }

    /// <summary>What recent predictions were short of (positive) or over (negative), half a pair's share, seconds.</summary>
    public double AdjustmentSeconds { get; }

    /// <summary>The relative error of its predictions, as it estimates it itself: above 0, at most <see cref="MaxError"/>.</summary>
    public double Error { get; }

    /// <summary>A coordinate that a peer told, if it may be believed at all.</summary>
    /// <param name="position">Exactly <see cref="Dimensions"/> numbers, seconds.</param>
    /// <param name="heightSeconds">Seconds.</param>
    /// <param name="adjustmentSeconds">Seconds.</param>
    /// <param name="error">Relative.</param>
    /// <param name="coordinate">Set when the answer is true.</param>
    /// <returns>False for a wrong number of dimensions, anything not finite, components beyond <see cref="MaxComponentSeconds"/>, a height or an error below 0.</returns>
    public static bool TryCreate(ReadOnlySpan<double> position, double heightSeconds, double adjustmentSeconds, double error, [NotNullWhen(true)] out Coordinate? coordinate)
    {
        coordinate = null;
        if (position.Length != Dimensions
            || !Within(heightSeconds) || heightSeconds < 0
            || !Within(adjustmentSeconds)
            || !double.IsFinite(error) || error < 0)
        {
            return false;
        }

        foreach (var component in position)
        {
            if (!Within(component))
            {
                return false;
            }
        }

        coordinate = new Coordinate(
            position.ToArray(),
            Math.Max(heightSeconds, MinHeightSeconds),
            adjustmentSeconds,
            Math.Clamp(error, CoordinateState.MinError, MaxError));
        return true;
    }

    /// <summary>The predicted round trip to another node, with both adjustments unless they would make it negative.</summary>
    public TimeSpan DistanceTo(Coordinate other) => TimeSpan.FromSeconds(DistanceSecondsTo(other));

    /// <summary>The predicted round trip in seconds, more than 0.</summary>
    public double DistanceSecondsTo(Coordinate other)
    {
        var raw = RawDistanceSecondsTo(other);
        var adjusted = raw + AdjustmentSeconds + other.AdjustmentSeconds;
        return adjusted > 0 ? adjusted : raw;
    }

    /// <summary>The distance without adjustments, seconds: what Vivaldi moves by.</summary>
    internal double RawDistanceSecondsTo(Coordinate other)
    {
        var sum = 0.0;
        for (var i = 0; i < Dimensions; i++)
        {
            var difference = _position[i] - other._position[i];
            sum += difference * difference;
        }

        return Math.Sqrt(sum) + HeightSeconds + other.HeightSeconds;
    }

    private static bool Within(double seconds) => Math.Abs(seconds) <= MaxComponentSeconds;
}
