using System.Diagnostics;

namespace EdgeMesh.Lab.DelayedNetwork;

/// <summary>Ends waits once they are due, to a millisecond: one thread that sleeps until the next of them.</summary>
/// <remarks>
/// The runtime's timers go by a clock that the kernel moves on every 4 ms (CONFIG_HZ=250; CLOCK_MONOTONIC_COARSE, clock_gettime(2)): a delay of 1 ms takes 4.4, which is more than the whole way to a
/// node in the same city. Thread-safe: a monitor owns the waits. A wait that was cancelled stays until it is due.
/// </remarks>
internal sealed class DelayClock
{
    private static readonly TimeSpan Grain = TimeSpan.FromMilliseconds(1);

    // A Lock cannot be waited on.
    private readonly object _gate = new();
    private readonly PriorityQueue<TaskCompletionSource, long> _waits = new();

    private DelayClock() => new Thread(Run) { IsBackground = true, Name = "delays" }.UnsafeStart();

    /// <summary>The one of this process; its thread begins with the first use.</summary>
    public static DelayClock Shared { get; } = new();

    /// <summary>Waits until <see cref="Stopwatch.GetTimestamp"/> has come to a time: never ends before.</summary>
    /// <exception cref="OperationCanceledException">The wait was given up.</exception>
    public Task WaitUntilAsync(long due, CancellationToken cancellationToken)
    {
        if (Stopwatch.GetTimestamp() >= due)
        {
            // Two ends in one place: no way, and no turn of the thread for each piece of it.
            return Task.CompletedTask;
        }

        var wait = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waits.Enqueue(wait, due);
            if (_waits.Peek() == wait)
            {
                Monitor.Pulse(_gate);
            }
        }

        return wait.Task.WaitAsync(cancellationToken);
    }

    private void Run()
    {
        lock (_gate)
        {
            while (true)
            {
                if (!_waits.TryPeek(out var next, out var due))
                {
                    Monitor.Wait(_gate);
                }
                else if (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due) is var left && left <= TimeSpan.Zero)
                {
                    _waits.Dequeue();
                    next.SetResult();
                }
                else
                {
                    // Whole milliseconds alone are waited for: less than one would be none.
                    Monitor.Wait(_gate, left < Grain ? Grain : left);
                }
            }
        }
    }
}
