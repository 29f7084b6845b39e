using EdgeMesh.Lab.CacheSimulation.Traces;

namespace EdgeMesh.Lab.CacheSimulation.Policies;

/// <summary>W-TinyLFU: a window for the new, a segmented main space that a newcomer enters only by being asked for more often than the one that has to go.</summary>
/// <remarks>
/// Einziger et al., ACM TOS 2017, with the hill climber of "Adaptive software cache management", Middleware 2018, and the parameters of Caffeine: a window of 1 %
/// at first, four fifths of main protected, steps of 6.25 % of the capacity, 0.98 times the one before. Sizes as in Caffeine: victims one at a time.
/// </remarks>
internal sealed class WTinyLfuCache : SimulatedCache
{
    private const double FirstWindow = 0.01;
    private const double ProtectedShare = 0.8;
    private const double FirstStep = 0.0625;
    private const double StepDecay = 0.98;
    private const double RestartThreshold = 0.05;
    private const int HashFloodThreshold = 6;
    private const int HashFloodOdds = 128;

    private readonly CountMinSketch _sketch;
    private readonly ObjectQueue _window;
    private readonly ObjectQueue _probation;
    private readonly ObjectQueue _protected;
    private readonly Random _random = new(1);
    private double _windowShare = FirstWindow;
    private double _step = -FirstStep;
    private double _lastHitRatio;
    private int _hits;
    private int _requests;

    public WTinyLfuCache(Trace trace, long capacityBytes)
        : base(trace, capacityBytes)
    {
        var links = new ObjectLinks(trace.Sizes.Length);
        _window = new ObjectQueue(links, trace.SizesMemory);
        _probation = new ObjectQueue(links, trace.SizesMemory);
        _protected = new ObjectQueue(links, trace.SizesMemory);
        _sketch = new CountMinSketch((int)(capacityBytes * (double)trace.Sizes.Length / Math.Max(1, trace.FootprintBytes)));
    }

    private long WindowBytes => Math.Max(1, (long)(CapacityBytes * _windowShare));

    private long ProtectedBytes => (long)((CapacityBytes - WindowBytes) * ProtectedShare);

    public override bool Request(int time, int item)
    {
        _sketch.Add(item);
        var isHit = true;
        if (_window.Contains(item))
        {
            _window.Remove(item);
            _window.Enqueue(item);
        }
        else if (_protected.Contains(item))
        {
            _protected.Remove(item);
            _protected.Enqueue(item);
        }
        else if (_probation.Contains(item))
        {
            _probation.Remove(item);
            _protected.Enqueue(item);
            DemoteProtected();
        }
        else
        {
            isHit = false;
            if (Trace.Sizes[item] <= CapacityBytes)
            {
                _window.Enqueue(item);
                Evict();
            }
        }

        Climb(isHit);
        return isHit;
    }

    private void DemoteProtected()
    {
        while (_protected.Bytes > ProtectedBytes && _protected.Count > 0)
        {
            _probation.Enqueue(_protected.Dequeue());
        }
    }

    private void Evict()
    {
        // 1. What leaves the window stands at probation's tail, a candidate.
        var candidate = -1;
        while (_window.Bytes > WindowBytes)
        {
            var item = _window.Dequeue();
            _probation.Enqueue(item);
            candidate = candidate < 0 ? item : candidate;
        }

        // 2. The victim is probation's head, else protected's, else the window's.
        while (_window.Bytes + _probation.Bytes + _protected.Bytes > CapacityBytes)
        {
            var from = _probation.Count > 0 ? _probation : _protected.Count > 0 ? _protected : _window;
            var victim = from.Head;
            if (candidate < 0 || victim == candidate)
            {
                from.Dequeue();
                candidate = victim == candidate ? -1 : candidate;
            }
            else if (Admits(candidate, victim))
            {
                from.Dequeue();
            }
            else
            {
                var next = _probation.NextOf(candidate);
                _probation.Remove(candidate);
                candidate = next;
            }
        }
    }

    private bool Admits(int candidate, int victim)
    {
        if (Trace.Sizes[candidate] > CapacityBytes - WindowBytes)
        {
            return false;
        }

        var (mine, its) = (_sketch.Estimate(candidate), _sketch.Estimate(victim));
        return mine > its || (mine >= HashFloodThreshold && _random.Next(HashFloodOdds) == 0);
    }

    private void Climb(bool isHit)
    {
        _hits += isHit ? 1 : 0;
        if (++_requests < _sketch.SampleSize)
        {
            return;
        }

        var ratio = (double)_hits / _requests;
        var change = ratio - _lastHitRatio;
        var amount = change >= 0 ? _step : -_step;
        _step = Math.Abs(change) >= RestartThreshold ? FirstStep * Math.Sign(amount) : amount * StepDecay;
        _lastHitRatio = ratio;
        (_hits, _requests) = (0, 0);
        _windowShare = Math.Clamp(_windowShare + amount, 0, 1);

        // The segments follow: what the window lost room for goes to probation, what it gained comes from there.
        while (_window.Bytes > WindowBytes && _window.Count > 0)
        {
            _probation.Enqueue(_window.Dequeue());
        }

        DemoteProtected();
        while (_probation.Count > 0 && _window.Bytes + Trace.Sizes[_probation.Head] <= WindowBytes)
        {
            _window.Enqueue(_probation.Dequeue());
        }
    }
}
