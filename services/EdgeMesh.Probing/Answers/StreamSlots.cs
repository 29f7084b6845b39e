using System.Net;

namespace EdgeMesh.Probing.Answers;

/// <summary>Counts open streams of one kind, in all and by the caller's address, and lets no more in than there may be.</summary>
/// <remarks>Thread-safe: one lock.</remarks>
/// <param name="most">In all.</param>
/// <param name="mostFromOneAddress">From one address.</param>
public abstract class StreamSlots(int most, int mostFromOneAddress)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, int> _byAddress = [];
    private int _count;

    /// <summary>Streams open now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _count;
            }
        }
    }

    /// <summary>Takes a slot.</summary>
    /// <param name="caller">The caller's address; null: not known, which is one address.</param>
    /// <returns>Gives it back when disposed of; null: there is none left.</returns>
    public IDisposable? TryTake(IPAddress? caller)
    {
        caller ??= IPAddress.None;
        lock (_lock)
        {
            var own = _byAddress.GetValueOrDefault(caller);
            if (_count >= most || own >= mostFromOneAddress)
            {
                return null;
            }

            _count++;
            _byAddress[caller] = own + 1;
            return new Slot(this, caller);
        }
    }

    private void Release(IPAddress caller)
    {
        lock (_lock)
        {
            _count--;
            if (--_byAddress[caller] == 0)
            {
                _byAddress.Remove(caller);
            }
        }
    }

    private sealed class Slot(StreamSlots owner, IPAddress caller) : IDisposable
    {
        private int _released;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _released, 1) == 0)
            {
                owner.Release(caller);
            }
        }
    }
}
