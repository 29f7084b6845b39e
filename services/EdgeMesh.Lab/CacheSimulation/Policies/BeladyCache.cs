using EdgeMesh.Lab.CacheSimulation.Traces;

namespace EdgeMesh.Lab.CacheSimulation.Policies;

/// <summary>Knows the future: takes everything in, and evicts what will be asked for last. Belady, IBM Systems Journal 1966.</summary>
/// <remarks>The most object hits for objects of one size. For mixed sizes no more than a reference: others may do better.</remarks>
internal sealed class BeladyCache : SimulatedCache
{
    private const int Never = int.MaxValue;

    private readonly PriorityQueue<int, long> _queue = new();
    private readonly int[] _nextUse;
    private readonly int[] _residentUntil;
    private long _usedBytes;

    public BeladyCache(Trace trace, long capacityBytes)
        : base(trace, capacityBytes)
    {
        _nextUse = new int[trace.Requests.Length];
        _residentUntil = new int[trace.Sizes.Length];
        Array.Fill(_residentUntil, Never);
        for (var time = _nextUse.Length - 1; time >= 0; time--)
        {
            _nextUse[time] = _residentUntil[trace.Requests[time]];
            _residentUntil[trace.Requests[time]] = time;
        }

        Array.Clear(_residentUntil);
    }

    public override bool Request(int time, int item)
    {
        // 0: not resident; no use is next at time 0.
        var isHit = _residentUntil[item] != 0;
        var size = Trace.Sizes[item];
        var next = _nextUse[time];
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

        _residentUntil[item] = next;
        _queue.Enqueue(item, -(long)next);
        return isHit;
    }

    private void Evict()
    {
        while (_queue.TryDequeue(out var item, out var minusNext))
        {
            if (_residentUntil[item] == -minusNext)
            {
                _residentUntil[item] = 0;
                _usedBytes -= Trace.Sizes[item];
                return;
            }
        }
    }
}
