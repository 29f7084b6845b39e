using EdgeMesh.Caching.Eviction;

namespace EdgeMesh.Caching;

/// <summary>What a user says of a store. Immutable.</summary>
public sealed class SlabStoreOptions
{
    /// <summary>The budget in bytes for everything: payload, keys, index, tags, policy, slack. 1 MiB to 64 GiB.</summary>
    public required long CapacityBytes { get; init; }

    /// <summary>Makes the eviction policy for a capacity in bytes; the store ends it. Default: <see cref="LivePolicy.Default"/>.</summary>
    public Func<long, EvictionPolicy> CreatePolicy { get; init; } = capacityBytes => LivePolicy.Default.Create(capacityBytes, new Random());

    /// <summary>Debug mode: freed memory is filled with a pattern, and checked for it when it is used again. Default false.</summary>
    public bool PoisonsFreedMemory { get; init; }
}
