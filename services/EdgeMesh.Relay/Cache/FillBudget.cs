namespace EdgeMesh.Relay.Cache;

/// <summary>What all fills in flight may hold together, in bytes.</summary>
/// <remarks>A fill that gets no more stores nothing: its first caller reads the rest by itself. Thread-safe; state is one sum.</remarks>
internal sealed class FillBudget(long maxBytes)
{
    private long _held;

    /// <summary>Bytes held now.</summary>
    public long Held => Volatile.Read(ref _held);

    /// <summary>Takes bytes, all or none.</summary>
    public bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref _held, bytes) <= maxBytes)
        {
            return true;
        }

        Release(bytes);
        return false;
    }

    /// <summary>Gives bytes back.</summary>
    public void Release(long bytes) => Interlocked.Add(ref _held, -bytes);
}
