namespace EdgeMesh.Latency.Samples;

/// <summary>Quantiles of the last hour: twelve sketches of five minutes, the oldest of which goes as a new one begins.</summary>
/// <remarks>Times are of a clock that the owner reads and that does not go back. At most 100 KiB. Not thread-safe.</remarks>
public sealed class SlidingSketch
{
    /// <summary>The whole window: long enough that a node with few clients gets to know its p99, short enough that yesterday's fault is over.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromHours(1);

    /// <summary>How far the window moves at a time.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromMinutes(5);

    private static readonly int Slots = (int)(Window / Step);

    private readonly DDSketch?[] _slots = new DDSketch?[Slots];
    private long _current;
    private bool _any;

    /// <summary>Counts values.</summary>
    /// <param name="now">The owner's clock.</param>
    /// <param name="value">As measured.</param>
    /// <param name="count">How many of it, 0 or more.</param>
    public void Add(TimeSpan now, TimeSpan value, long count)
    {
        Advance(now);
        (_slots[_current % Slots] ??= new DDSketch()).Add(value, count);
    }

    /// <summary>What was counted in the window.</summary>
    /// <param name="now">The owner's clock.</param>
    /// <returns>The values, the caller's own; and how far back they reach, zero if there are none.</returns>
    public (DDSketch Values, TimeSpan Reach) Read(TimeSpan now)
    {
        Advance(now);
        var merged = new DDSketch();
        var reach = TimeSpan.Zero;
        for (var slot = Math.Max(0, _current - Slots + 1); slot <= _current; slot++)
        {
            if (_slots[slot % Slots] is { Count: > 0 } sketch)
            {
                merged.Merge(sketch);
                reach = reach == TimeSpan.Zero ? now - (Step * slot) : reach;
            }
        }

        return (merged, reach);
    }

    private void Advance(TimeSpan now)
    {
        var slot = Math.Max(_current, now.Ticks / Step.Ticks);
        if (!_any)
        {
            (_any, _current) = (true, slot);
        }

        for (var left = Math.Max(_current, slot - Slots) + 1; left <= slot; left++)
        {
            _slots[left % Slots] = null;
        }

        _current = slot;
    }
}
