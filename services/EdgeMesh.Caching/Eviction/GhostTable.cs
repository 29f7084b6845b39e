namespace EdgeMesh.Caching.Eviction;

/// <summary>Remembers hashes of keys that were evicted lately: as many as their charged bytes fit into a limit.</summary>
/// <remarks>
/// A word a ghost: 32 bits of hash, and where in the stream of evicted bytes it came. It is alive while no more than the limit has come after it, so the
/// dead need not be taken out; they are written over. When all of a block are alive, the table grows by a block, or the oldest of them gives way.
/// Two keys of the same 32 bits take each other for a ghost. Not thread-safe.
/// </remarks>
internal sealed class GhostTable : IDisposable
{
    // Positions are counted in units of at most a millionth of the limit, so that 32 bits last for thousands of limits.
    private const int LimitUnitsLog2 = 20;

    private readonly GrowingBlocks _blocks = new(1);
    private uint _position = 1;
    private long _remainder;
    private int _unitShift;
    private long _limitBytes;

    /// <summary>Bytes that may come after a ghost until it is forgotten.</summary>
    public long LimitBytes
    {
        get => _limitBytes;
        set
        {
            // After a change of the unit, what is there already seems older or younger than it is, once.
            _limitBytes = value;
            _unitShift = Math.Max(0, 63 - System.Numerics.BitOperations.LeadingZeroCount((ulong)Math.Max(1, value)) - LimitUnitsLog2);
        }
    }

    /// <summary>Memory of the table.</summary>
    public long OverheadBytes => _blocks.OverheadBytes;

    /// <summary>Has the processor fetch what is about to be looked at of a hash.</summary>
    public void Prefetch(uint hash) => _blocks.Prefetch(hash);

    /// <summary>Remembers a hash.</summary>
    /// <param name="hash">Of the evicted key.</param>
    /// <param name="bytes">What the entry was charged.</param>
    /// <param name="maxGhosts">Ghosts that the table may grow to hold.</param>
    public void Add(uint hash, long bytes, int maxGhosts)
    {
        _remainder += bytes;
        _position += (uint)(_remainder >> _unitShift);
        _remainder &= (1L << _unitShift) - 1;
        var ghost = ((ulong)hash << 32) | _position;
        var block = _blocks[_blocks.IndexOf(hash)];
        if (TryPlace(block, ghost))
        {
            return;
        }

        if ((long)_blocks.Count * GrowingBlocks.BlockWords < maxGhosts)
        {
            Split();
            block = _blocks[_blocks.IndexOf(hash)];
            if (TryPlace(block, ghost))
            {
                return;
            }
        }

        var oldest = 0;
        for (var i = 1; i < block.Length; i++)
        {
            if (AgeOf(block[i]) > AgeOf(block[oldest]))
            {
                oldest = i;
            }
        }

        block[oldest] = ghost;
    }

    /// <summary>Forgets a hash.</summary>
    /// <param name="hash">Of the key.</param>
    /// <param name="ageBytes">Charged bytes of the ghosts that came after it.</param>
    /// <returns>Whether it was remembered.</returns>
    public bool TryTake(uint hash, out long ageBytes)
    {
        var block = _blocks[_blocks.IndexOf(hash)];
        for (var i = 0; i < block.Length; i++)
        {
            if ((uint)(block[i] >> 32) == hash && IsAlive(block[i]))
            {
                ageBytes = (long)AgeOf(block[i]) << _unitShift;
                block[i] = 0;
                return true;
            }
        }

        ageBytes = 0;
        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => _blocks.Dispose();

    private bool TryPlace(Span<ulong> block, ulong ghost)
    {
        foreach (ref var word in block)
        {
            if (!IsAlive(word))
            {
                word = ghost;
                return true;
            }
        }

        return false;
    }

    private void Split()
    {
        var split = _blocks.Add();
        var added = _blocks.Count - 1;
        var from = _blocks[split];
        var to = _blocks[added];
        for (var i = 0; i < from.Length; i++)
        {
            if (from[i] != 0 && _blocks.IndexOf((uint)(from[i] >> 32)) == added)
            {
                to[i] = from[i];
                from[i] = 0;
            }
        }
    }

    private uint AgeOf(ulong ghost) => _position - (uint)ghost;

    private bool IsAlive(ulong ghost) => ghost != 0 && AgeOf(ghost) < _limitBytes >> _unitShift;
}
