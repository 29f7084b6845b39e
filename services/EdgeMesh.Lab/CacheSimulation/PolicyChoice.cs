using System.Diagnostics.CodeAnalysis;
using EdgeMesh.Caching.Eviction;
using EdgeMesh.Lab.CacheSimulation.Policies;
using EdgeMesh.Lab.CacheSimulation.Traces;

namespace EdgeMesh.Lab.CacheSimulation;

/// <summary>A policy that a trace can be tried with, by name.</summary>
/// <remarks><c>s3-fifo</c> and <c>density</c> are the store's own code; the others exist in the simulator only, to compare with. Immutable; thread-safe.</remarks>
public sealed class PolicyChoice
{
    private readonly Func<Trace, long, SimulatedCache> _create;

    private PolicyChoice(string name, Func<Trace, long, SimulatedCache> create)
    {
        Name = name;
        _create = create;
    }

    /// <summary>All policies, density queues with the exponents 1, 0.5 and 0.</summary>
    public static IReadOnlyList<PolicyChoice> All { get; } =
    [
        new("fifo", (trace, capacity) => new FifoCache(trace, capacity)),
        new("lru", (trace, capacity) => new LruCache(trace, capacity)),
        new("sieve", (trace, capacity) => new SieveCache(trace, capacity)),
        Live(LivePolicy.S3Fifo),
        new("w-tinylfu", (trace, capacity) => new WTinyLfuCache(trace, capacity)),
        new("gdsf", (trace, capacity) => new GdsfCache(trace, capacity)),
        Live(LivePolicy.Default),
        Live(LivePolicy.DensityQueues(0.5)),
        Live(LivePolicy.DensityQueues(0)),
        new("belady", (trace, capacity) => new BeladyCache(trace, capacity)),
    ];

    /// <summary>What <see cref="TryRead"/> takes.</summary>
    public static string Names => string.Join(", ", All.Select(policy => policy.Name));

    /// <summary>Its name, as <see cref="TryRead"/> takes it.</summary>
    public string Name { get; }

    /// <summary>Reads a name: one of <see cref="All"/>, or what <see cref="LivePolicy.TryRead"/> takes.</summary>
    public static bool TryRead(string text, [MaybeNullWhen(false)] out PolicyChoice policy)
    {
        policy = All.FirstOrDefault(one => one.Name == text);
        if (policy is null && LivePolicy.TryRead(text, out var live))
        {
            policy = Live(live);
        }

        return policy is not null;
    }

    /// <summary>Makes an empty cache.</summary>
    internal SimulatedCache Create(Trace trace, long capacityBytes) => _create(trace, capacityBytes);

    // The same seed each time: the same trace has the same ratios.
    private static PolicyChoice Live(LivePolicy policy) =>
        new(policy.Name, (trace, capacity) => new LiveCache(trace, policy.Create(capacity, new Random(1))));
}
