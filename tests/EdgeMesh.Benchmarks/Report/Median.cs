namespace EdgeMesh.Benchmarks.Report;

/// <summary>The middle of figures, which one noisy round does not move.</summary>
internal static class Median
{
    /// <summary>The middle one, or the mean of the two; at least one figure.</summary>
    public static double Of(IEnumerable<double> figures)
    {
        var sorted = figures.Order().ToList();
        var middle = sorted.Count / 2;
        return sorted.Count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
