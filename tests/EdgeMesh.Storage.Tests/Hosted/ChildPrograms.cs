using System.Globalization;
using System.Security.Cryptography;
using EdgeMesh.V1;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeMesh.Storage.Tests.Hosted;

/// <summary>What tests run in processes of their own, because it is to be killed, traced or starved. They tell their progress line by line.</summary>
internal static class ChildPrograms
{
    internal const string Bucket = "photos";

    /// <summary>Runs the one that the first argument names.</summary>
    internal static async Task<int> RunAsync(string[] args)
    {
        switch (args)
        {
            case ["put-until-killed", var directory, var round, var writers]:
                await PutUntilKilledAsync(directory, round, int.Parse(writers, CultureInfo.InvariantCulture));
                return 0;
            case ["put-one", var directory, var key, var sizeBytes]:
                await PutOneAsync(directory, key, int.Parse(sizeBytes, CultureInfo.InvariantCulture));
                return 0;
            case ["put-until-full", var directory]:
                await PutUntilFullAsync(directory);
                return 0;
            case ["write-and-read", var directory, var sizeBytes]:
                await WriteAndReadAsync(directory, long.Parse(sizeBytes, CultureInfo.InvariantCulture));
                return 0;
            default:
                await Console.Error.WriteLineAsync($"Unknown program: {string.Join(' ', args)}");
                return 2;
        }
    }

    /// <summary>The content that round, writer and step stand for: any process can make it again.</summary>
    internal static byte[] ContentOf(string key, int step)
    {
        var seed = 17;
        foreach (var c in key)
        {
            seed = (seed * 31) + c;
        }

        // Mostly small, now and then of several chunks.
        var random = new Random(HashCode(seed, step));
        var content = new byte[random.Next(8) == 0 ? random.Next(3 * ObjectLimits.ChunkBytes) : random.Next(4096)];
        random.NextBytes(content);
        return content;
    }

    private static int HashCode(int seed, int step) => unchecked((seed * 486187739) + step);

    // Each writer goes through its own keys over and over: puts, overwrites, deletes. It tells every step before and after:
    // "TRY key step" and "ACK key step", with step 0 for a delete.
    private static async Task PutUntilKilledAsync(string directory, string round, int writers)
    {
        await using var store = await OpenAsync(directory);
        await store.CreateBucketAsync(new CreateBucketRequest { Bucket = Bucket }, default);
        Console.WriteLine("OPEN");
        await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            for (var step = 1; ; step++)
            {
                var key = $"r{round}-w{writer}-k{step % 5}";
                var delete = step % 11 == 0;
                Console.WriteLine($"TRY {key} {(delete ? 0 : step)}");
                if (delete)
                {
                    await store.DeleteAsync(new DeleteObjectRequest { Bucket = Bucket, Key = key }, default);
                }
                else
                {
                    await PutAsync(store, key, ContentOf(key, step));
                }

                Console.WriteLine($"ACK {key} {(delete ? 0 : step)}");
            }
        })));
    }

    private static async Task PutOneAsync(string directory, string key, int sizeBytes)
    {
        await using var store = await OpenAsync(directory);
        await store.CreateBucketAsync(new CreateBucketRequest { Bucket = Bucket }, default);
        Console.WriteLine("READY");
        await PutAsync(store, key, new byte[sizeBytes]);
        Console.WriteLine($"ANSWERED {key}");
    }

    // Fills the disk with objects, tells how the first refusal looks, makes room, and goes on.
    private static async Task PutUntilFullAsync(string directory)
    {
        await using var store = await OpenAsync(directory);
        await store.CreateBucketAsync(new CreateBucketRequest { Bucket = Bucket }, default);
        var count = 0;
        try
        {
            for (; count < 10_000; count++)
            {
                await PutAsync(store, $"k{count}", new byte[500_000]);
            }
        }
        catch (ObjectStoreException e)
        {
            Console.WriteLine($"REFUSED {e.Fault} {e.Message}");
        }

        for (var i = 0; i < count; i++)
        {
            await store.GetAsync(new GetObjectRequest { Bucket = Bucket, Key = $"k{i}" }, default);
            await store.DeleteAsync(new DeleteObjectRequest { Bucket = Bucket, Key = $"k{i}" }, default);
        }

        await PutAsync(store, "again", new byte[500_000]);
        Console.WriteLine($"DONE {count}");
    }

    // Writes an object in pieces, reads it back, compares; tells the most memory that the process had.
    private static async Task WriteAndReadAsync(string directory, long sizeBytes)
    {
        await using var store = await OpenAsync(directory);
        await store.CreateBucketAsync(new CreateBucketRequest { Bucket = Bucket }, default);
        var piece = RandomNumberGenerator.GetBytes(1 << 20);
        using var written = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using (var writer = store.BeginWrite(new ObjectSpec { Bucket = Bucket, Key = "large" }))
        {
            for (var left = sizeBytes; left > 0; left -= Math.Min(left, piece.Length))
            {
                // Every piece differs, so that a swapped or repeated chunk is noticed.
                BitConverter.TryWriteBytes(piece, left);
                var next = piece.AsMemory(0, (int)Math.Min(left, piece.Length));
                written.AppendData(next.Span);
                await writer.AppendAsync(next, default);
            }

            await writer.CommitAsync(default);
        }

        Console.WriteLine("WRITTEN");
        using var read = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using (var reader = await store.OpenReadAsync(new ReadObjectRequest { Bucket = Bucket, Key = "large" }, default))
        {
            for (var chunk = await reader.ReadAsync(default); !chunk.IsEmpty; chunk = await reader.ReadAsync(default))
            {
                read.AppendData(chunk.Span);
            }
        }

        var same = written.GetHashAndReset().AsSpan().SequenceEqual(read.GetHashAndReset());
        Console.WriteLine($"{(same ? "SAME" : "DIFFERENT")} {GC.GetTotalAllocatedBytes()}");
    }

    private static Task<ObjectStore> OpenAsync(string directory) =>
        ObjectStore.OpenAsync(new ObjectStoreOptions { DataDirectory = directory }, TimeProvider.System, NullLogger.Instance, default);

    private static Task PutAsync(ObjectStore store, string key, byte[] content) =>
        store.PutAsync(new PutObjectRequest { Spec = new ObjectSpec { Bucket = Bucket, Key = key }, Content = UnsafeByteOperations.UnsafeWrap(content) }, default);
}
