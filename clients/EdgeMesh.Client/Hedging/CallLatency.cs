using EdgeMesh.Latency.Samples;

namespace EdgeMesh.Client.Hedging;

/// <summary>How long a node's answers took of late, and so after how long a call there is sent to another node as well.</summary>
/// <remarks>
/// The delay is the 95th percentile of the last <see cref="Window"/> (Dean and Barroso, "The Tail at Scale", CACM 2013), found anew every second. There is none while the
/// node's answers take more than twice what they took at best in <see cref="FloorWindow"/>, by the median of the last calls: then it is load, not luck, and a second call makes
/// it worse. A call that was given up counts with the time it had taken: left out, the slow ones would be missing, and the delay would shrink from hedge to hedge.
/// Thread-safe: one lock; the delay is read without it. Times are of a clock that does not go back. At most 60 KiB.
/// </remarks>
public sealed class CallLatency
{
    /// <summary>What the delay is found from.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(30);

    /// <summary>What a node takes at best is remembered for so long: a wave of load is over by then, or it is what the node takes now.</summary>
    public static readonly TimeSpan FloorWindow = TimeSpan.FromMinutes(5);

    /// <summary>Fewer calls say nothing of the slowest in twenty.</summary>
    public const int MinCalls = 20;

    /// <summary>The share of calls that are no slower than the delay.</summary>
    public const double Quantile = 0.95;

    private const double SlowFactor = 2;

    // What a scheduler makes of one call, and the shortest that a timer waits.
    private static readonly TimeSpan SlowAddend = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan MinDelay = TimeSpan.FromMilliseconds(1);

    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(1);
    private static readonly int Slots = (int)(Window / Step);

    private readonly Lock _lock = new();
    private readonly DDSketch?[] _slots = new DDSketch?[Slots];
    private readonly WindowedMinimum _floor = new(FloorWindow);
    private DDSketch _recent = new();
    private long _slot;
    private TimeSpan _turned;

    // Zero: there is no delay. Written and read without tearing; when it was found is read apart, and may be older or newer by a turn.
    private long _delayTicks;
    private long _foundTicks;

    /// <summary>A call was answered, or given up.</summary>
    /// <param name="now">The owner's clock.</param>
    /// <param name="latency">How long it took.</param>
    public void Add(TimeSpan now, TimeSpan latency)
    {
        lock (_lock)
        {
            AdvanceLocked(now.Ticks / Step.Ticks);
            (_slots[_slot % Slots] ??= new DDSketch()).Add(latency);
            _recent.Add(latency);
            if (now - _turned >= Turn && _recent.Count >= MinCalls)
            {
                _turned = now;
                FindLocked(now);
            }
        }
    }

    /// <summary>After how long a call that waits for this node goes to another as well, at least 1 ms.</summary>
    /// <param name="now">The owner's clock.</param>
    /// <returns>Null: never. Too few calls went there of late, or all of them take longer than they did.</returns>
    public TimeSpan? HedgeDelay(TimeSpan now) =>
        Volatile.Read(ref _delayTicks) is var ticks and > 0 && now.Ticks - Volatile.Read(ref _foundTicks) <= Window.Ticks ? TimeSpan.FromTicks(ticks) : null;

    private void FindLocked(TimeSpan now)
    {
        var median = _recent.Quantile(0.5)!.Value;
        _recent = new DDSketch();
        _floor.Add(now, median);
        var delay = TimeSpan.Zero;
        if (median <= (_floor.Value!.Value * SlowFactor) + SlowAddend)
        {
            var all = new DDSketch();
            foreach (var slot in _slots)
            {
                all.Merge(slot ?? new DDSketch());
            }

            delay = all.Quantile(Quantile)!.Value;
            delay = delay > MinDelay ? delay : MinDelay;
        }

        Volatile.Write(ref _foundTicks, now.Ticks);
        Volatile.Write(ref _delayTicks, delay.Ticks);
    }

    private void AdvanceLocked(long slot)
    {
        for (var left = Math.Max(_slot, slot - Slots) + 1; left <= slot; left++)
        {
            _slots[left % Slots] = null;
        }

        _slot = Math.Max(_slot, slot);
    }
}
