using EdgeMesh.Caching;

namespace EdgeMesh.Benchmarks.Store.Operations;

/// <summary>What benchmarks of the stores have in common: one store, and one or two threads that work on it.</summary>
/// <remarks>An invocation is <see cref="PerThread"/> operations by each thread, from a common start until the last is done: two threads that do not hinder each other take as long as one.</remarks>
public abstract class StoreOperations
{
    /// <summary>Operations of a thread in one invocation: milliseconds, so that starting the other thread does not count.</summary>
    public const int PerThread = 200_000;

    private readonly Barrier _barrier = new(2);
    private Thread? _other;
    private ulong _ofOther;
    private volatile bool _isOver;

    /// <summary>The store that is measured.</summary>
    private protected ICacheStore Store { get; private set; } = new DictionaryStore();

    /// <summary>One thread's operations.</summary>
    /// <param name="thread">0 or 1.</param>
    /// <returns>What they found, so that none of them is left out.</returns>
    private protected abstract ulong Run(int thread);

    /// <summary>Begins with an empty store.</summary>
    private protected void Begin(ICacheStore store, int threads)
    {
        Store = store;
        if (threads == 2)
        {
            _other = new Thread(RunOther) { IsBackground = true };
            _other.Start();
        }
    }

    /// <summary>Ends the store and the other thread.</summary>
    private protected void End()
    {
        if (_other is not null)
        {
            _isOver = true;
            _barrier.SignalAndWait();
            _other.Join();
        }

        (Store as IDisposable)?.Dispose();
    }

    /// <summary>One invocation.</summary>
    private protected ulong Invoke()
    {
        if (_other is null)
        {
            return Run(0);
        }

        _barrier.SignalAndWait();
        var sum = Run(0);
        _barrier.SignalAndWait();
        return sum + _ofOther;
    }

    private void RunOther()
    {
        for (_barrier.SignalAndWait(); !_isOver; _barrier.SignalAndWait())
        {
            _ofOther = Run(1);
            _barrier.SignalAndWait();
        }
    }
}
