using System.Collections.Concurrent;

namespace EdgeMesh.Storage.Bodies;

/// <summary>A few threads that do what blocks in the kernel: sync, rename, unlink. On the thread pool they would starve the calls.</summary>
/// <remarks>First come, first served. Thread-safe.</remarks>
internal sealed class BlockingWorkers : IAsyncDisposable
{
    /// <summary>How many. Syncs that are under way together share one journal commit of the file system, so a few threads serve many writers; more would only wait in the kernel.</summary>
    internal const int Count = 8;

    private readonly BlockingCollection<Action> _queue = [];
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running = Count;

    /// <summary>Starts the threads.</summary>
    internal BlockingWorkers()
    {
        for (var i = 0; i < Count; i++)
        {
            new Thread(Run) { IsBackground = true, Name = $"object-store-{i}" }.Start();
        }
    }

    /// <summary>Does some work, and tells its outcome. It is not cancelled once queued.</summary>
    /// <exception cref="ObjectStoreException"><see cref="ObjectStoreFault.Unavailable"/>: the threads have ended.</exception>
    internal Task RunAsync(Action work)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            _queue.Add(() => Perform(work, done));
        }
        catch (InvalidOperationException)
        {
            done.SetException(ObjectStoreException.Closed());
        }

        return done.Task;
    }

    /// <summary>Ends the threads once all that is queued was done.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.CompleteAdding();
        await _stopped.Task.ConfigureAwait(false);
        _queue.Dispose();
    }

    private static void Perform(Action work, TaskCompletionSource done)
    {
        try
        {
            work();
            done.SetResult();
        }
        catch (Exception e)
        {
            done.SetException(e);
        }
    }

    private void Run()
    {
        foreach (var work in _queue.GetConsumingEnumerable())
        {
            work();
        }

        if (Interlocked.Decrement(ref _running) == 0)
        {
            _stopped.SetResult();
        }
    }
}
