namespace EdgeMesh.Latency.Samples;

/// <summary>The least round trip of a sliding window: the propagation time, free of queues.</summary>
/// <remarks>
/// Kathleen Nichols' windowed filter, as in Linux <c>lib/win_minmax.c</c> and BBR's min_rtt (Cardwell et al., ACM Queue 2016): the best, second and
/// third best of successive parts of the window, so that constant memory is enough. Not thread-safe.
/// </remarks>
public sealed class WindowedMinimum
{
    private readonly TimeSpan _window;
    private (TimeSpan At, TimeSpan Value) _first;
    private (TimeSpan At, TimeSpan Value) _second;
    private (TimeSpan At, TimeSpan Value) _third;
    private bool _any;

    /// <summary>Makes an empty window.</summary>
    /// <param name="window">Above zero.</param>
    public WindowedMinimum(TimeSpan window)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(window, TimeSpan.Zero);
        _window = window;
    }

    /// <summary>The least value; null before the first. Values leave only as others come: an unheard peer keeps its last minimum, and its age tells.</summary>
    public TimeSpan? Value => _any ? _first.Value : null;

    /// <summary>Takes a value.</summary>
    /// <param name="at">When, on any clock that does not go back; a time before the last one's counts as the last one's.</param>
    /// <param name="value">The round trip.</param>
    public void Add(TimeSpan at, TimeSpan value)
    {
        if (!_any)
        {
            Restart((at, value));
            return;
        }

        var sample = (At: at > _third.At ? at : _third.At, Value: value);
        if (value <= _first.Value || sample.At - _third.At > _window)
        {
            Restart(sample);
            return;
        }

        if (value <= _second.Value)
        {
            _second = _third = sample;
        }
        else if (value <= _third.Value)
        {
            _third = sample;
        }

        Age(sample);
    }

    private void Restart((TimeSpan At, TimeSpan Value) sample)
    {
        _first = _second = _third = sample;
        _any = true;
    }

    private void Age((TimeSpan At, TimeSpan Value) sample)
    {
        var since = sample.At - _first.At;
        if (since > _window)
        {
            // 1. The best fell out: the others move up, twice if the second fell out too.
            (_first, _second, _third) = (_second, _third, sample);
            if (sample.At - _first.At > _window)
            {
                (_first, _second, _third) = (_second, _third, sample);
            }
        }
        else if (_second.At == _first.At && since > _window / 4)
        {
            // 2. A quarter has passed without a second best: take one from the second quarter.
            _second = _third = sample;
        }
        else if (_third.At == _second.At && since > _window / 2)
        {
            // 3. Half has passed without a third best: take one from the second half.
            _third = sample;
        }
    }
}
