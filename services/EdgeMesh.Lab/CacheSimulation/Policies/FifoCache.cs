using EdgeMesh.Lab.CacheSimulation.Traces;

namespace EdgeMesh.Lab.CacheSimulation.Policies;

/// <summary>First in, first out.</summary>
internal class FifoCache : SimulatedCache
{
    public FifoCache(Trace trace, long capacityBytes)
        : base(trace, capacityBytes)
    {
        Queue = new ObjectQueue(new ObjectLinks(trace.Sizes.Length), trace.SizesMemory);
    }

    protected ObjectQueue Queue { get; }

    public override bool Request(int time, int item)
    {
        if (Queue.Contains(item))
        {
            OnHit(item);
            return true;
        }

        var size = Trace.Sizes[item];
        if (size <= CapacityBytes)
        {
            while (Queue.Bytes + size > CapacityBytes)
            {
                Evict();
            }

            Queue.Enqueue(item);
        }

        return false;
    }

    protected virtual void OnHit(int item)
    {
    }

    protected virtual void Evict() => Queue.Dequeue();
}

/// <summary>Least recently used.</summary>
internal sealed class LruCache(Trace trace, long capacityBytes) : FifoCache(trace, capacityBytes)
{
    protected override void OnHit(int item)
    {
        Queue.Remove(item);
        Queue.Enqueue(item);
    }
}

/// <summary>SIEVE: a hand moves from the oldest to the newest, takes marks away, and evicts the first without one. Zhang et al., NSDI 2024.</summary>
internal sealed class SieveCache(Trace trace, long capacityBytes) : FifoCache(trace, capacityBytes)
{
    private readonly bool[] _visited = new bool[trace.Sizes.Length];
    private int _hand = -1;

    protected override void OnHit(int item) => _visited[item] = true;

    protected override void Evict()
    {
        var item = _hand >= 0 ? _hand : Queue.Head;
        while (_visited[item])
        {
            _visited[item] = false;
            item = Queue.NextOf(item) is >= 0 and var next ? next : Queue.Head;
        }

        _hand = Queue.NextOf(item);
        Queue.Remove(item);
    }
}
