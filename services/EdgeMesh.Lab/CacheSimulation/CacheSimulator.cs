using EdgeMesh.Lab.CacheSimulation.Traces;

namespace EdgeMesh.Lab.CacheSimulation;

/// <summary>Says which share of a trace's requests, and of its bytes, a cache would have answered.</summary>
public static class CacheSimulator
{
    // Requests between two looks at the cancellation token: milliseconds.
    private const int Stride = 1 << 16;

    /// <summary>Runs a trace through an empty cache.</summary>
    /// <param name="progress">Told the number of requests done, now and then; null: nobody is.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static SimulationResult Run(Trace trace, PolicyChoice policy, long capacityBytes, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacityBytes);
        var cache = policy.Create(trace, capacityBytes);
        var requests = trace.Requests;
        var sizes = trace.Sizes;
        long hits = 0, hitBytes = 0, bytes = 0;
        for (var time = 0; time < requests.Length; time++)
        {
            if (time % Stride == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                progress?.Report(time);
            }

            var item = requests[time];
            bytes += sizes[item];
            if (cache.Request(time, item))
            {
                hits++;
                hitBytes += sizes[item];
            }
        }

        return new SimulationResult(policy.Name, capacityBytes, Ratio(hits, requests.Length), Ratio(hitBytes, bytes));
    }

    private static double Ratio(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}
