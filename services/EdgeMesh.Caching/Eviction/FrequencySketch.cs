using System.Runtime.CompilerServices;

namespace EdgeMesh.Caching.Eviction;

/// <summary>About how often keys were asked for lately, also those that are not resident.</summary>
/// <remarks>
/// A count-min sketch (Cormode and Muthukrishnan, 2005) with conservative update and counters of four bits, all four of a key in one cache line. Ageing as in
/// TinyLFU (Einziger et al., ACM TOS 2017), but block by block as requests come, so that no request waits for all counters to be halved. Not thread-safe.
/// </remarks>
internal sealed class FrequencySketch : IDisposable
{
    /// <summary>Most that a counter counts to.</summary>
    public const int MaxCount = 15;

    private const int Rows = 4;

    private readonly GrowingBlocks _blocks;
    private double _owed;
    private int _hand;

    /// <summary>Makes a sketch of zeros.</summary>
    /// <param name="blocks">Blocks to begin with, at least 1.</param>
    public FrequencySketch(int blocks) => _blocks = new GrowingBlocks(blocks);

    /// <summary>Blocks of 128 counters.</summary>
    public int Blocks => _blocks.Count;

    /// <summary>Memory of the counters.</summary>
    public long OverheadBytes => _blocks.OverheadBytes;

    /// <summary>Has the processor fetch what is about to be looked at of a hash.</summary>
    public void Prefetch(uint hash) => _blocks.Prefetch(hash);

    /// <summary>Counts of a key, 0 to <see cref="MaxCount"/>; may be too many, never too few but for ageing.</summary>
    public int Estimate(uint hash)
    {
        var block = _blocks[_blocks.IndexOf(hash)];
        var places = Places(hash);
        var least = MaxCount;
        for (var row = 0; row < Rows; row++)
        {
            least = Math.Min(least, Read(block, row, places));
        }

        return least;
    }

    /// <summary>Counts a key.</summary>
    /// <param name="hash">Of the key.</param>
    /// <param name="count">How often it was asked for, at least 1.</param>
    /// <returns>Its estimate.</returns>
    public int Add(uint hash, int count)
    {
        var block = _blocks[_blocks.IndexOf(hash)];
        var places = Places(hash);
        var target = Math.Min(MaxCount, Estimate(hash) + count);
        for (var row = 0; row < Rows; row++)
        {
            var place = (int)(places >> (row * 8)) & 31;
            ref var word = ref block[(row * 2) + (place >> 4)];
            var shift = (place & 15) * 4;
            if ((int)(word >> shift & 15) < target)
            {
                word = (word & ~(15UL << shift)) | ((ulong)target << shift);
            }
        }

        return target;
    }

    /// <summary>Ages all counters a little.</summary>
    /// <param name="share">1 halves each once.</param>
    public void Age(double share)
    {
        for (_owed += share * _blocks.Count; _owed >= 1; _owed--)
        {
            if (++_hand >= _blocks.Count)
            {
                _hand = 0;
            }

            foreach (ref var word in _blocks[_hand])
            {
                word = (word >> 1) & 0x7777777777777777;
            }
        }
    }

    /// <summary>Adds a block: its keys keep their counts.</summary>
    public void Grow()
    {
        var split = _blocks.Add();
        _blocks[split].CopyTo(_blocks[_blocks.Count - 1]);
    }

    /// <inheritdoc/>
    public void Dispose() => _blocks.Dispose();

    private static int Read(Span<ulong> block, int row, uint places)
    {
        var place = (int)(places >> (row * 8)) & 31;
        return (int)(block[(row * 2) + (place >> 4)] >> ((place & 15) * 4)) & 15;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Places(uint hash) => (uint)((hash * 0x9E3779B97F4A7C15) >> 32);
}
