using EdgeMesh.Lab.CacheSimulation.Traces;

namespace EdgeMesh.Lab.CacheSimulation;

/// <summary>Says which share of a trace's requests, and of its bytes, a cache would have answered.</summary>
public static class CacheSimulator
{
    // Requests between two looks at the cancellation token: milliseconds.
    private const int Stride = 1 << 16;

    /// <summary>Runs a trace through each policy at each capacity, on all processors.</summary>
    /// <param name="progress">Told each result as it is there, from any thread; null: nobody is.</param>
    /// <returns>Policies in their order, each with its capacities from the least up.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IReadOnlyList<SimulationResult> RunAll(
        Trace trace, IReadOnlyList<PolicyChoice> policies, IReadOnlyList<long> capacitiesBytes, IProgress<SimulationResult>? progress, CancellationToken cancellationToken)
    {
        long[] capacities = [.. capacitiesBytes.Distinct().Order()];
        var results = new SimulationResult[policies.Count * capacities.Length];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken };
        Parallel.For(0, results.Length, parallel, i =>
        {
            results[i] = Run(trace, policies[i / capacities.Length], capacities[i % capacities.Length], cancellationToken);
            progress?.Report(results[i]);
        });
        return results;
    }

    /// <summary>Runs a trace through an empty cache.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static SimulationResult Run(Trace trace, PolicyChoice policy, long capacityBytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacityBytes);
        var cache = policy.Create(trace, capacityBytes);
        using var native = cache as IDisposable;
        var requests = trace.Requests;
        var sizes = trace.Sizes;
        long hits = 0, hitBytes = 0, bytes = 0;
        for (var time = 0; time < requests.Length; time++)
        {
            if (time % Stride == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
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
