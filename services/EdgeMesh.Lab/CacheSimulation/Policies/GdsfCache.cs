using EdgeMesh.Lab.CacheSimulation.Traces;

namespace EdgeMesh.Lab.CacheSimulation.Policies;

/// <summary>Greedy dual, size and frequency: evicts the lowest L + hits / size, and L rises to it. Cherkasova, HPL-98-69R1.</summary>
internal sealed class GdsfCache(Trace trace, long capacityBytes) : SimulatedCache(trace, capacityBytes)
{
    // A change of an object's priority adds another entry; those that are no longer true are passed over when they come up.
    private readonly PriorityQueue<int, (double Priority, int Time)> _queue = new();
    private readonly int[] _frequency = new int[trace.Sizes.Length];
    private readonly (double Priority, int Time)[] _priority = new (double, int)[trace.Sizes.Length];
    private double _inflation;
    private long _usedBytes;

    public override bool Request(int time, int item)
    {
        var size = Trace.Sizes[item];
        var isHit = _frequency[item] > 0;
        if (!isHit)
        {
            if (size > CapacityBytes)
            {
                return false;
            }

            while (_usedBytes + size > CapacityBytes)
            {
                Evict();
            }

            _usedBytes += size;
        }

        _frequency[item]++;
        _priority[item] = (_inflation + (_frequency[item] / (double)size), time);
        _queue.Enqueue(item, _priority[item]);
        return isHit;
    }

    private void Evict()
    {
        while (_queue.TryDequeue(out var item, out var priority))
        {
            if (_frequency[item] > 0 && priority == _priority[item])
            {
                _inflation = priority.Priority;
                _frequency[item] = 0;
                _usedBytes -= Trace.Sizes[item];
                return;
            }
        }
    }
}
