using EdgeMesh.Caching.Eviction;
using EdgeMesh.Lab.CacheSimulation.Traces;

namespace EdgeMesh.Lab.CacheSimulation.Policies;

/// <summary>Runs a policy of the store, as shipped: the object's number is its slot.</summary>
internal sealed class LiveCache(Trace trace, EvictionPolicy policy) : SimulatedCache(trace, policy.CapacityBytes), IDisposable
{
    private readonly bool[] _isResident = new bool[trace.Sizes.Length];
    private readonly List<int> _evicted = [];

    public override bool Request(int time, int item)
    {
        if (_isResident[item])
        {
            policy.Hit(item);
            return true;
        }

        _isResident[item] = policy.TryAdmit(item, Hash((ulong)item), Trace.Sizes[item], _evicted);
        foreach (var slot in _evicted)
        {
            _isResident[slot] = false;
        }

        _evicted.Clear();
        return false;
    }

    public void Dispose() => policy.Dispose();

    /// <summary>The finalizer of SplitMix64 (Steele et al., OOPSLA 2014).</summary>
    private static ulong Hash(ulong item)
    {
        item += 0x9E3779B97F4A7C15;
        item = (item ^ (item >> 30)) * 0xBF58476D1CE4E5B9;
        item = (item ^ (item >> 27)) * 0x94D049BB133111EB;
        return item ^ (item >> 31);
    }
}
