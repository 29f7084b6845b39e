namespace EdgeMesh.Latency.Coordinates;

/// <summary>Takes the outliers out of one peer's round trips before they move a coordinate.</summary>
/// <remarks>
/// The moving percentile filter of Ledlie, Pietzuch and Seltzer, "Stable and Accurate Network Coordinates" (ICDCS 2006): the 25th percentile of
/// the last four samples, which they found to foretell the next one best. Their "Network Coordinates in the Wild" (NSDI 2007, section 4.1) and Serf
/// (LatencyFilterSize 3) take a short moving median instead, which jitter pushes up. Interpolated, so that a single low lie among four weighs a quarter and a
/// single high one nothing. Not thread-safe: its <see cref="CoordinateState"/> owns it.
/// </remarks>
internal sealed class LatencyFilter
{
    /// <summary>Samples kept (ICDCS 2006).</summary>
    public const int History = 4;

    /// <summary>The percentile taken (ICDCS 2006).</summary>
    public const double Percentile = 0.25;

    private readonly double[] _samples = new double[History];
    private int _next;
    private int _count;

    /// <summary>Takes a sample and gives what the peer's round trip is taken to be.</summary>
    /// <param name="seconds">Plausible (<see cref="RoundTrip.IsPlausible"/>).</param>
    /// <returns>The 25th percentile of what is kept, by linear interpolation; with one sample, that one.</returns>
    public double Push(double seconds)
    {
        _samples[_next] = seconds;
        _next = (_next + 1) % History;
        _count = Math.Min(_count + 1, History);

        Span<double> sorted = stackalloc double[History];
        sorted = sorted[.._count];
        _samples.AsSpan(0, _count).CopyTo(sorted);
        sorted.Sort();
        var rank = Percentile * (_count - 1);
        var below = (int)rank;
        var above = Math.Min(below + 1, _count - 1);
        return sorted[below] + ((rank - below) * (sorted[above] - sorted[below]));
    }
}
