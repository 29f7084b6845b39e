using EdgeMesh.Caching.Eviction;

namespace EdgeMesh.Caching.Tests.Eviction;

/// <summary>Uses a policy as a store does, and checks after each step that both agree on who is resident.</summary>
internal sealed class PolicyDriver(EvictionPolicy policy) : IDisposable
{
    private readonly Dictionary<ulong, int> _slots = [];
    private readonly Dictionary<int, (ulong Key, long Bytes)> _residents = [];
    private readonly Stack<int> _free = [];
    private readonly List<int> _evicted = [];
    private int _nextSlot;

    public int Count => _residents.Count;

    public EvictionPolicy Policy => policy;

    public bool Contains(ulong key) => _slots.ContainsKey(key);

    /// <summary>One request for a key.</summary>
    /// <returns>Whether it was a hit.</returns>
    public bool Request(ulong key, long bytes = 1)
    {
        if (_slots.TryGetValue(key, out var resident))
        {
            policy.Hit(resident);
            return true;
        }

        var slot = _free.Count > 0 ? _free.Pop() : _nextSlot++;
        var admitted = policy.TryAdmit(slot, Hash(key), bytes, _evicted);
        TakeOutEvicted();
        if (admitted)
        {
            _slots[key] = slot;
            _residents[slot] = (key, bytes);
        }
        else
        {
            _free.Push(slot);
        }

        Check();
        return false;
    }

    public void Remove(ulong key)
    {
        if (_slots.Remove(key, out var slot))
        {
            policy.Remove(slot);
            _residents.Remove(slot);
            _free.Push(slot);
            Check();
        }
    }

    public void Resize(long capacityBytes)
    {
        policy.CapacityBytes = capacityBytes;
        policy.Trim(_evicted);
        TakeOutEvicted();
        Check();
    }

    public void Dispose() => policy.Dispose();

    /// <summary>The finalizer of SplitMix64: well mixed, and different for different keys.</summary>
    private static ulong Hash(ulong key)
    {
        key += 0x9E3779B97F4A7C15;
        key = (key ^ (key >> 30)) * 0xBF58476D1CE4E5B9;
        key = (key ^ (key >> 27)) * 0x94D049BB133111EB;
        return key ^ (key >> 31);
    }

    private void TakeOutEvicted()
    {
        foreach (var slot in _evicted)
        {
            Assert.True(_residents.Remove(slot, out var entry), $"slot {slot} was evicted and is not resident");
            Assert.True(_slots.Remove(entry.Key));
            _free.Push(slot);
        }

        _evicted.Clear();
    }

    private void Check()
    {
        Assert.Equal(_residents.Count, policy.Count);
        Assert.Equal(_residents.Values.Sum(entry => entry.Bytes), policy.UsedBytes);
        Assert.InRange(policy.UsedBytes, 0, policy.CapacityBytes);
    }
}
