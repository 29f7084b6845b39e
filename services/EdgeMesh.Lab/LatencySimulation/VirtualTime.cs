namespace EdgeMesh.Lab.LatencySimulation;

/// <summary>A clock that jumps from one event to the next. All of a simulation runs on one thread, in the order of its events.</summary>
/// <remarks>Not thread-safe. A task that an event completes continues inside <see cref="Run"/>, on its thread, so async code under simulation is deterministic.</remarks>
internal sealed class VirtualTime
{
    private readonly PriorityQueue<Action, (TimeSpan At, long Order)> _events = new();
    private readonly CancellationToken _cancellationToken;
    private long _order;
    private int? _thread;
    private volatile bool _hasLeftThread;

    /// <summary>Starts at zero.</summary>
    /// <param name="cancellationToken">Ends <see cref="Run"/> between two events.</param>
    public VirtualTime(CancellationToken cancellationToken) => _cancellationToken = cancellationToken;

    /// <summary>Since the start.</summary>
    public TimeSpan Now { get; private set; }

    /// <summary>Does something later; events of one time happen in the order in which they were asked for.</summary>
    /// <param name="at">A time that has passed counts as now.</param>
    /// <param name="action">What to do.</param>
    /// <exception cref="InvalidOperationException">Something of the simulation went on at another thread.</exception>
    public void At(TimeSpan at, Action action)
    {
        if (Environment.CurrentManagedThreadId is var thread && thread != (_thread ??= thread))
        {
            _hasLeftThread = true;
            throw new InvalidOperationException("The simulation left its thread.");
        }

        _events.Enqueue(action, (at > Now ? at : Now, _order++));
    }

    /// <summary>Runs all events up to a time.</summary>
    /// <param name="until">Null to run until there are none.</param>
    public void Run(TimeSpan? until = null)
    {
        // Under a synchronization context the runtime would not continue a task here but hand it to another thread.
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            RunEvents(until);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    private void RunEvents(TimeSpan? until)
    {
        while (_events.TryPeek(out _, out var next) && (until is null || next.At <= until))
        {
            _cancellationToken.ThrowIfCancellationRequested();
            if (_hasLeftThread)
            {
                throw new InvalidOperationException("The simulation left its thread: what follows would be luck.");
            }

            var action = _events.Dequeue();
            Now = next.At;
            action();
        }

        if (until is { } end && end > Now)
        {
            Now = end;
        }
    }
}
