namespace EdgeMesh.Client;

/// <summary>Where the client's own tasks go on: on the thread pool, since whoever completes one may hold a lock; or, under a simulator, on its one thread, so that virtual time is deterministic.</summary>
/// <remarks>A thread that simulates makes and runs every client of its simulation: whatever its events complete goes on inside them.</remarks>
internal static class Continuations
{
    [ThreadStatic]
    private static bool _areInline;

    /// <summary>For completion sources of the client.</summary>
    public static TaskCreationOptions Options => _areInline ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously;

    /// <summary>Keeps this thread's clients on it until disposed of.</summary>
    public static IDisposable KeepInline()
    {
        _areInline = true;
        return new Inline();
    }

    /// <summary>Cancels, without running what waits for it under the caller's lock.</summary>
    public static Task CancelAsync(CancellationTokenSource source)
    {
        if (!_areInline)
        {
            return source.CancelAsync();
        }

        source.Cancel();
        return Task.CompletedTask;
    }

    /// <summary>Starts background work.</summary>
    public static Task Start(Func<Task> work) => _areInline ? work() : Task.Run(work);

    private sealed class Inline : IDisposable
    {
        public void Dispose() => _areInline = false;
    }
}
