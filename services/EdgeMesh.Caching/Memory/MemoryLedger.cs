namespace EdgeMesh.Caching.Memory;

/// <summary>What a store holds of its budget, to the byte: every allocation of its parts is taken here and returned here.</summary>
/// <remarks>Belongs to the store's lock; <see cref="HeldBytes"/> and <see cref="PeakBytes"/> may be read at any time.</remarks>
internal sealed class MemoryLedger(long capacityBytes)
{
    private long _heldBytes;
    private long _peakBytes;

    /// <summary>The budget.</summary>
    public long CapacityBytes { get; set; } = capacityBytes;

    /// <summary>Memory held now.</summary>
    public long HeldBytes => Volatile.Read(ref _heldBytes);

    /// <summary>The most that was held above <see cref="CapacityBytes"/> at any moment since the budget was last changed; 0: never.</summary>
    public long PeakBytes => Volatile.Read(ref _peakBytes);

    /// <summary>Takes only what fits, with <paramref name="sparedBytes"/> left over.</summary>
    public bool TryTake(long bytes, long sparedBytes)
    {
        if (_heldBytes + bytes + sparedBytes > CapacityBytes)
        {
            return false;
        }

        Take(bytes);
        return true;
    }

    /// <summary>Takes what must be, or returns it when negative.</summary>
    public void Take(long bytes)
    {
        Volatile.Write(ref _heldBytes, _heldBytes + bytes);
        if (_heldBytes - CapacityBytes > _peakBytes)
        {
            Volatile.Write(ref _peakBytes, _heldBytes - CapacityBytes);
        }
    }

    /// <summary>Begins to watch anew, after a change of the budget has been carried out.</summary>
    public void ResetPeak() => Volatile.Write(ref _peakBytes, Math.Max(0, _heldBytes - CapacityBytes));
}
