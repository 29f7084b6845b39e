using System.Buffers;
using System.Text;
using EdgeMesh.Caching.Eviction;
using EdgeMesh.Testing;

namespace EdgeMesh.Caching.Tests;

/// <summary>Tests that ask for room at once: readers of other stores, who share the epoch, would make it wait.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class StoreCollection
{
    public const string Name = "store";
}

/// <summary>Keys and entries whose bytes tell whether they are the right ones.</summary>
internal static class StoreTesting
{
    public static readonly long Second = new ManualTimeProvider().TimestampFrequency;

    public static CacheKey Key(string text) => new(Encoding.UTF8.GetBytes(text));

    public static CacheKey Key(int number) => Key($"/shop.v1.Catalog/Get/{number}");

    public static SlabStore Store(long capacityBytes, TimeProvider time, Func<long, EvictionPolicy>? policy = null) =>
        new(new SlabStoreOptions { CapacityBytes = capacityBytes, PoisonsFreedMemory = true, CreatePolicy = policy ?? (bytes => new S3FifoPolicy(bytes)) }, time);

    /// <summary>An entry whose every byte follows from its seed.</summary>
    public static CacheEntry Entry(int bytes, double seconds = 60, int seed = 0, double staleSeconds = 0, long asOf = 0, params string[] tags) =>
        CacheEntry.Response([new("content-type", "application/grpc"), new("seed", $"{seed}")], Frames(bytes, seed), [new("grpc-status", "0")], MessageCoding.Identity, isPublic: false, TimeSpan.Zero, storedAt: 0, (long)(seconds * Second), (long)((seconds + staleSeconds) * Second), asOf, tags);

    public static byte[] Frames(int bytes, int seed)
    {
        var frames = new byte[bytes];
        for (var i = 0; i < bytes; i++)
        {
            frames[i] = At(seed, i);
        }

        return frames;
    }

    /// <summary>The seed that a hit says it has, every byte of it checked; null: a miss.</summary>
    public static int? ReadSeed(CacheHit hit)
    {
        if (!hit.IsHit)
        {
            return null;
        }

        var fields = hit.Head.InitialMetadata;
        Assert.True(fields.MoveNext() && fields.MoveNext() && fields.Name.SequenceEqual("seed"u8));
        var seed = int.Parse(fields.Value, System.Globalization.CultureInfo.InvariantCulture);
        if (!hit.IsLarge)
        {
            Check(hit.FirstFrames, seed, 0);
            return seed;
        }

        using var held = hit.Hold();
        if (held is null)
        {
            return null;
        }

        Check(held, seed);
        return seed;
    }

    public static void Check(HeldEntry held, int seed)
    {
        var offset = 0;
        foreach (var part in held.Frames)
        {
            Check(part.Span, seed, offset);
            offset += part.Length;
        }
    }

    private static void Check(ReadOnlySpan<byte> bytes, int seed, int offset)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != At(seed, offset + i))
            {
                Assert.Fail($"byte {offset + i} of the entry with seed {seed} is {bytes[i]}, should be {At(seed, offset + i)}");
            }
        }
    }

    private static byte At(int seed, int offset) => (byte)((seed * 31) + offset + (offset >> 8));
}
