using System.Numerics;

namespace EdgeMesh.Caching.Eviction;

/// <summary>Binary logarithms of whole numbers in fixed point: a shift and a look-up, where <see cref="Math.Log2(double)"/> would take longer than the rest of a comparison.</summary>
internal static class FixedLog2
{
    /// <summary>Bits after the point.</summary>
    public const int FractionBits = 8;

    /// <summary>The logarithm of 2.</summary>
    public const int One = 1 << FractionBits;

    private static readonly byte[] Fractions = [.. Enumerable.Range(0, One).Select(i => (byte)Math.Min(One - 1, Math.Round(Math.Log2(1 + (i / (double)One)) * One)))];

    /// <summary>The logarithm of a number of at least 1, times <see cref="One"/>, at most one too low or high.</summary>
    public static int Of(long number)
    {
        var whole = BitOperations.Log2((ulong)number);
        var mantissa = whole >= FractionBits ? number >> (whole - FractionBits) : number << (FractionBits - whole);
        return (whole << FractionBits) + Fractions[mantissa & (One - 1)];
    }
}
