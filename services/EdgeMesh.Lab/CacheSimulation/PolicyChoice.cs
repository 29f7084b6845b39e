using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using EdgeMesh.Caching.Eviction;
using EdgeMesh.Lab.CacheSimulation.Policies;
using EdgeMesh.Lab.CacheSimulation.Traces;

namespace EdgeMesh.Lab.CacheSimulation;

/// <summary>A policy that a trace can be tried with, by name.</summary>
/// <remarks><c>s3-fifo</c> and <c>density</c> are the store's own code; the others exist in the simulator only, to compare with. Immutable; thread-safe.</remarks>
public sealed class PolicyChoice
{
    private const string Density = "density";

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
        new("s3-fifo", (trace, capacity) => new LiveCache(trace, new S3FifoPolicy(capacity))),
        new("w-tinylfu", (trace, capacity) => new WTinyLfuCache(trace, capacity)),
        new("gdsf", (trace, capacity) => new GdsfCache(trace, capacity)),
        DensityQueues(1),
        DensityQueues(0.5),
        DensityQueues(0),
        new("belady", (trace, capacity) => new BeladyCache(trace, capacity)),
    ];

    /// <summary>What <see cref="TryRead"/> takes.</summary>
    public static string Names => string.Join(", ", All.Select(policy => policy.Name));

    /// <summary>Its name, as <see cref="TryRead"/> takes it.</summary>
    public string Name { get; }

    /// <summary>Reads a name: one of <see cref="All"/>, or <c>density:A</c> with another exponent from 0 to 1; <c>density</c> alone is <c>density:1</c>.</summary>
    public static bool TryRead(string text, [MaybeNullWhen(false)] out PolicyChoice policy)
    {
        policy = All.FirstOrDefault(one => one.Name == text);
        if (policy is null && text == Density)
        {
            policy = DensityQueues(1);
        }
        else if (policy is null && text.StartsWith(Density + ":", StringComparison.Ordinal)
            && double.TryParse(text.AsSpan(Density.Length + 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var exponent)
            && exponent is >= 0 and <= 1)
        {
            policy = DensityQueues(exponent);
        }

        return policy is not null;
    }

    /// <summary>Makes an empty cache.</summary>
    internal SimulatedCache Create(Trace trace, long capacityBytes) => _create(trace, capacityBytes);

    // The same seed each time: the same trace has the same ratios.
    private static PolicyChoice DensityQueues(double exponent) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{Density}:{exponent}"), (trace, capacity) => new LiveCache(trace, new DensityQueuesPolicy(capacity, exponent, new Random(1))));
}
