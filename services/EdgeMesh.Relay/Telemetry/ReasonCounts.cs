using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace EdgeMesh.Relay.Telemetry;

/// <summary>Counts by a reason, which is one of the tokens that the code has for <c>cache-status</c>: never a word of a peer's.</summary>
/// <remarks>Thread-safe. Grows to as many reasons as the code has.</remarks>
internal sealed class ReasonCounts
{
    private readonly ConcurrentDictionary<string, StrongBox<long>> _counts = new(StringComparer.Ordinal);

    /// <summary>What was counted, by reason.</summary>
    public IEnumerable<KeyValuePair<string, long>> All
    {
        get
        {
            foreach (var (reason, count) in _counts)
            {
                yield return new(reason, Volatile.Read(ref count.Value));
            }
        }
    }

    /// <summary>Counts one more.</summary>
    public void Count(string reason) => Interlocked.Increment(ref _counts.GetOrAdd(reason, static _ => new StrongBox<long>()).Value);
}
