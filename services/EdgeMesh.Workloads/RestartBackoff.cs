namespace EdgeMesh.Workloads;

/// <summary>How long is waited before a process is started anew: it doubles, and a random half of it keeps replicas that died together apart.</summary>
internal static class RestartBackoff
{
    // Past it the limit is reached from any beginning.
    private const int MostDoublings = 30;

    /// <summary>The wait.</summary>
    /// <param name="options">The bounds.</param>
    /// <param name="failures">How often it has ended in a row, from 1.</param>
    /// <param name="random">Draws.</param>
    public static TimeSpan Next(WorkloadOptions options, int failures, Random random)
    {
        var doubled = options.MinBackoff.TotalSeconds * Math.Pow(2, Math.Min(failures - 1, MostDoublings));
        return TimeSpan.FromSeconds(Math.Min(doubled, options.MaxBackoff.TotalSeconds) * (0.5 + (0.5 * random.NextDouble())));
    }
}
