using EdgeMesh.Workloads.Processes;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Workloads;

/// <summary>What all workloads of a node share.</summary>
internal sealed class WorkloadContext
{
    // Twice idle in a row is idle: a call that was about to begin when the first look was taken has begun by the second.
    private static readonly TimeSpan IdleInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>The node's name.</summary>
    public required string Node { get; init; }

    /// <summary>The node's Availability Zone; null: not said.</summary>
    public string? Zone { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Thread-safe.</summary>
    public required Random Random { get; init; }

    public required Func<string, bool> IsSideEffectFree { get; init; }

    public required ILogger Log { get; init; }

    public required ProcessHost Processes { get; init; }

    public required WorkloadIntents Intents { get; init; }

    /// <summary>Numbers the lines of all logs, in the order of their coming.</summary>
    public LineNumbers Lines { get; } = new();

    /// <summary>Waits until nothing runs, or for so long.</summary>
    /// <param name="count">What runs.</param>
    /// <param name="limit">How long.</param>
    /// <param name="cut">Ends the wait, without a fault.</param>
    /// <returns>Whether nothing runs.</returns>
    public async Task<bool> WaitIdleAsync(Func<int> count, TimeSpan limit, CancellationToken cut)
    {
        var start = Time.GetTimestamp();
        for (var idle = 0; ;)
        {
            idle = count() == 0 ? idle + 1 : 0;
            if (idle == 2)
            {
                return true;
            }

            if (cut.IsCancellationRequested || (idle == 0 && Time.GetElapsedTime(start) >= limit))
            {
                return false;
            }

            await Task.Delay(IdleInterval, Time, cut).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
