using System.Security.Cryptography;

namespace EdgeMesh.Caching.Tests;

public sealed class KeyHashTests
{
    [Fact]
    public void Compute_EqualBytes_AreEqual()
    {
        for (var length = 0; length < 300; length++)
        {
            var bytes = RandomNumberGenerator.GetBytes(length + 1);

            // Elsewhere in memory, and between other bytes.
            Assert.Equal(KeyHash.Compute(bytes.AsSpan(0, length)), KeyHash.Compute([.. bytes.AsSpan(0, length)]));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Compute_OneBitOrOneZeroMore_IsAnotherHash(bool byAes)
    {
        var seen = new HashSet<(ulong, ulong)>();
        for (var length = 0; length < 200; length++)
        {
            // All zeros: only the length tells them apart.
            Assert.True(seen.Add(Compute(new byte[length])));
            for (var bit = 0; bit < length * 8; bit += 7)
            {
                var bytes = new byte[length];
                bytes[bit / 8] = (byte)(1 << (bit % 8));
                Assert.True(seen.Add(Compute(bytes)));
            }
        }

        (ulong Low, ulong High) Compute(byte[] bytes)
        {
            var hash = byAes ? KeyHash.Compute(bytes) : KeyHash.ComputeBySipHash(bytes);
            return (hash.Low, hash.High);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Compute_CountingKeys_FillBucketsEvenly(bool byAes)
    {
        // 64 buckets by each byte of the hash: about 1,563 of 100,000 keys in each, and a deviation of 40.
        const int Keys = 100_000;
        var counts = new int[16, 64];
        for (var i = 0; i < Keys; i++)
        {
            var hash = byAes ? KeyHash.Compute(BitConverter.GetBytes(i)) : KeyHash.ComputeBySipHash(BitConverter.GetBytes(i));
            for (var part = 0; part < 8; part++)
            {
                counts[part, (hash.Low >> (8 * part)) & 63]++;
                counts[8 + part, (hash.High >> (8 * part)) & 63]++;
            }
        }

        Assert.All(counts.Cast<int>(), count => Assert.InRange(count, 1563 - 250, 1563 + 250));
    }
}
