using EdgeMesh.V1;

namespace EdgeMesh.Storage.Tests;

/// <summary>Many callers on few keys, then a walk through everything on disk.</summary>
public sealed class SoakTests
{
    private const int Callers = 12;
    private const int OperationsPerCaller = 120;
    private const int Seed = 4711;

    // Content names its length and is proven on every read: a torn or mixed read cannot pass.
    [Fact]
    public async Task Store_ConcurrentCallersOnFewKeys_NeverShowsATornObjectAndLeavesNoLitter()
    {
        await using var test = await TestStore.OpenAsync();
        var reads = 0;
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            var random = new Random(Seed + caller);
            for (var i = 0; i < OperationsPerCaller; i++)
            {
                var key = $"k{random.Next(4)}";
                try
                {
                    switch (random.Next(10))
                    {
                        case < 4:
                            await test.WriteAsync(key, Sized(random));
                            break;
                        case < 5:
                            await test.DeleteAsync(key);
                            break;
                        case < 6:
                            await test.Store.CopyAsync(
                                new CopyObjectRequest { SourceBucket = TestStore.Bucket, SourceKey = key, Destination = new ObjectSpec { Bucket = TestStore.Bucket, Key = $"k{random.Next(4)}" } },
                                default);
                            break;
                        case < 8:
                            var got = await test.GetAsync(key);
                            Assert.Equal(got.Info.Sha256.ToByteArray(), TestStore.Sha256(got.Content.ToByteArray()));
                            Interlocked.Increment(ref reads);
                            break;
                        default:
                            var content = await test.ReadAsync(key);
                            Assert.False(content.AsSpan().ContainsAnyExcept((byte)content.Length), "A read mixed two objects");
                            Interlocked.Increment(ref reads);
                            break;
                    }
                }
                catch (ObjectStoreException e) when (e.Fault == ObjectStoreFault.ObjectNotFound)
                {
                    // Deleted by another caller: an answer like any other.
                }
            }
        })));

        Assert.True(reads > Callers * OperationsPerCaller / 10, $"Only {reads} reads found something");
        test.Log.AssertNoUnexpectedErrors();
        var standing = (await test.Store.ListAsync(new ListObjectsRequest { Bucket = TestStore.Bucket })).Objects.Count;
        await test.CloseAsync();
        Assert.Equal(standing, StoreChecker.Check(test.Directory));
        Assert.DoesNotContain(test.Log.Lines, line => line.EventId.Id == 3004);
    }

    private static byte[] Sized(Random random)
    {
        var content = new byte[random.Next(4) == 0 ? random.Next(3 * ObjectLimits.ChunkBytes) : random.Next(2000)];
        Array.Fill(content, (byte)content.Length);
        return content;
    }
}
