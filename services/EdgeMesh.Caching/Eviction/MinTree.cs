namespace EdgeMesh.Caching.Eviction;

/// <summary>Which of a few values is the least: a tournament, so that a change costs one comparison per level.</summary>
/// <param name="leaves">A power of two, at most 256.</param>
internal sealed class MinTree(int leaves)
{
    private readonly double[] _values = Filled(leaves);
    private readonly byte[] _winners = Initial(leaves);

    /// <summary>The leaf with the least value.</summary>
    public int Least => _winners[1];

    /// <summary>The value of a leaf; infinite at first.</summary>
    public double this[int leaf]
    {
        get => _values[leaf];
        set
        {
            _values[leaf] = value;
            for (var node = (leaf + leaves) >> 1; node >= 1; node >>= 1)
            {
                var left = _winners[2 * node];
                var right = _winners[(2 * node) + 1];
                _winners[node] = _values[left] <= _values[right] ? left : right;
            }
        }
    }

    private static double[] Filled(int leaves)
    {
        var values = new double[leaves];
        Array.Fill(values, double.PositiveInfinity);
        return values;
    }

    private static byte[] Initial(int leaves)
    {
        var winners = new byte[2 * leaves];
        for (var node = (2 * leaves) - 1; node >= 1; node--)
        {
            winners[node] = node >= leaves ? (byte)(node - leaves) : winners[2 * node];
        }

        return winners;
    }
}
