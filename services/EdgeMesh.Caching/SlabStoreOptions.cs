using EdgeMesh.Caching.Eviction;

namespace EdgeMesh.Caching;

/// <summary>What a user says of a store. Immutable.</summary>
public sealed class SlabStoreOptions
{
    /// <summary>The budget in bytes for everything: payload, keys, index, tags, policy, slack. 1 MiB to 64 GiB.</summary>
    public required long CapacityBytes { get; init; }

    /// <summary>Makes the eviction policy for a capacity in bytes. Default: density queues with exponent 1, for the fewest misses, and so calls to the origin.</summary>
    public Func<long, EvictionPolicy> CreatePolicy { get; init; } = capacityBytes => new DensityQueuesPolicy(capacityBytes, exponent: 1, new Random());

    /// <summary>Debug mode: freed memory is filled with a pattern, and checked for it when it is used again. Default false.</summary>
    public bool PoisonsFreedMemory { get; init; }
}
