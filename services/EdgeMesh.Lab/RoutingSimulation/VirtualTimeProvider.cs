using EdgeMesh.Lab.LatencySimulation;

namespace EdgeMesh.Lab.RoutingSimulation;

/// <summary>Virtual time for code that takes a <see cref="TimeProvider"/>: its timers are events of the simulation. Not thread-safe.</summary>
internal sealed class VirtualTimeProvider(VirtualTime time) : TimeProvider
{
    private static readonly DateTimeOffset Start = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Start + time.Now;

    public override long GetTimestamp() => time.Now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new EventTimer(time, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>An alarm that was changed meanwhile is an event that does nothing.</summary>
    private sealed class EventTimer(VirtualTime time, TimerCallback callback, object? state) : ITimer
    {
        private int _generation;
        private TimeSpan _period;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            Set(++_generation, dueTime);
            return true;
        }

        public void Dispose() => _generation++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Set(int generation, TimeSpan due)
        {
            if (due < TimeSpan.Zero)
            {
                return;
            }

            time.At(time.Now + due, () =>
            {
                if (generation == _generation)
                {
                    if (_period > TimeSpan.Zero)
                    {
                        Set(generation, _period);
                    }

                    callback(state);
                }
            });
        }
    }
}
