using System.Buffers.Binary;
using EdgeMesh.Caching;

namespace EdgeMesh.Benchmarks.Store;

/// <summary>Keys, entries and the order in which they are asked for.</summary>
internal static class StoreWorkload
{
    /// <summary>Bytes of each key: as long as a path, a host and a small message.</summary>
    public const int KeyBytes = 64;

    /// <summary>A time at which all entries are fresh.</summary>
    public const long Now = 0;

    /// <summary>Keys numbered from 0.</summary>
    public static CacheKey[] Keys(int count, int first = 0) => [.. Enumerable.Range(first, count).Select(Key)];

    /// <summary>The key of a number.</summary>
    public static CacheKey Key(int number)
    {
        var bytes = new byte[KeyBytes];
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(KeyBytes - sizeof(int)), number);
        return new CacheKey(bytes);
    }

    /// <summary>An answer without metadata that never goes stale.</summary>
    public static CacheEntry Entry(int bytes, params string[] tags) =>
        CacheEntry.Response([], new byte[bytes], [], MessageCoding.Identity, isPublic: true, TimeSpan.Zero, storedAt: 0, freshUntil: long.MaxValue / 4, tags: tags);

    /// <summary>Numbers below <paramref name="count"/> by Zipf's law with exponent 1, shuffled so that frequent ones do not stand together.</summary>
    public static int[] Zipf(int count, int length, int seed)
    {
        var random = new Random(seed);
        var cumulated = new double[count];
        var sum = 0.0;
        for (var i = 0; i < count; i++)
        {
            cumulated[i] = sum += 1.0 / (i + 1);
        }

        var numbers = Enumerable.Range(0, count).ToArray();
        new Random(1).Shuffle(numbers);
        var drawn = new int[length];
        for (var i = 0; i < length; i++)
        {
            var at = Array.BinarySearch(cumulated, random.NextDouble() * sum);
            drawn[i] = numbers[Math.Min(count - 1, at < 0 ? ~at : at)];
        }

        return drawn;
    }
}
