using EdgeMesh.V1;

namespace EdgeMesh.Storage.Tests;

/// <summary>Damages body files on disk: what is damaged is never served.</summary>
public sealed class CorruptionTests
{
    private const int Chunks = 5;
    private const int Size = ((Chunks - 1) * ObjectLimits.ChunkBytes) + 1000;

    [Theory]
    [InlineData(0)]
    [InlineData(Size / 2)]
    [InlineData(Size - 1)]
    [InlineData(Size)]
    [InlineData(Size + (Chunks * 32) - 1)]
    public async Task Get_ByteFlipped_IsDamaged(int at)
    {
        await using var test = await TestStore.OpenAsync();
        var content = TestStore.Content(Size);
        await test.WriteAsync("a", content);
        Flip(Assert.Single(test.BodyFiles()), at);

        // A flipped digest list proves nothing any more, so its object is damaged too.
        var e = await TestStore.FaultOf(ObjectStoreFault.Damaged, () => test.GetAsync("a"));

        Assert.DoesNotContain(test.Directory, e.Message, StringComparison.Ordinal);
        Assert.Single(test.Log.Lines, line => line.EventId.Id == 3003);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Chunks - 1)]
    public async Task Read_ByteFlippedInAChunk_EndsBeforeThatChunk(int chunk)
    {
        await using var test = await TestStore.OpenAsync();
        var content = TestStore.Content(Size);
        await test.WriteAsync("a", content);
        Flip(Assert.Single(test.BodyFiles()), (chunk * ObjectLimits.ChunkBytes) + 7);

        var read = new List<byte>();
        await TestStore.FaultOf(ObjectStoreFault.Damaged, async () =>
        {
            using var reader = await test.Store.OpenReadAsync(new ReadObjectRequest { Bucket = TestStore.Bucket, Key = "a" }, default);
            for (var next = await reader.ReadAsync(default); !next.IsEmpty; next = await reader.ReadAsync(default))
            {
                read.AddRange(next.Span);
            }
        });

        Assert.Equal(content[..(chunk * ObjectLimits.ChunkBytes)], read.ToArray());
    }

    [Fact]
    public async Task Read_RangeBesideTheDamage_IsServedAndOneAcrossItIsNot()
    {
        await using var test = await TestStore.OpenAsync();
        var content = TestStore.Content(Size);
        await test.WriteAsync("a", content);
        Flip(Assert.Single(test.BodyFiles()), ObjectLimits.ChunkBytes + 7);

        var beside = await test.ReadAsync("a", new ByteRange { OffsetBytes = 2 * ObjectLimits.ChunkBytes, LengthBytes = 100 });

        Assert.Equal(content.AsSpan(2 * ObjectLimits.ChunkBytes, 100).ToArray(), beside);
        await TestStore.FaultOf(ObjectStoreFault.Damaged, () => test.ReadAsync("a", new ByteRange { OffsetBytes = ObjectLimits.ChunkBytes + 100, LengthBytes = 1 }));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(Size - 1)]
    [InlineData(Size + 31)]
    public async Task Get_Truncated_IsDamaged(int length)
    {
        await using var test = await TestStore.OpenAsync();
        await test.WriteAsync("a", TestStore.Content(Size));
        Cut(Assert.Single(test.BodyFiles()), length);

        await TestStore.FaultOf(ObjectStoreFault.Damaged, () => test.GetAsync("a"));
        await TestStore.FaultOf(ObjectStoreFault.Damaged, () => test.ReadAsync("a"));
    }

    [Fact]
    public async Task Get_TruncatedAfterItWasOpened_IsDamaged()
    {
        await using var test = await TestStore.OpenAsync();
        await test.WriteAsync("a", TestStore.Content(Size));
        using var reader = await test.Store.OpenReadAsync(new ReadObjectRequest { Bucket = TestStore.Bucket, Key = "a" }, default);
        Cut(Assert.Single(test.BodyFiles()), 10);

        await TestStore.FaultOf(ObjectStoreFault.Damaged, async () => await reader.ReadAsync(default));
    }

    [Fact]
    public async Task Get_Removed_IsDamagedAndStaysSoAfterRestart()
    {
        await using var test = await TestStore.OpenAsync();
        await test.PutAsync("a", [1]);
        await test.PutAsync("b", [2]);
        var info = await test.Store.HeadAsync(new HeadObjectRequest { Bucket = TestStore.Bucket, Key = "a" });
        File.Delete(test.BodyFiles().Single(f => File.ReadAllBytes(f)[0] == 1));

        await TestStore.FaultOf(ObjectStoreFault.Damaged, () => test.GetAsync("a"));
        await test.ReopenAsync();
        await TestStore.FaultOf(ObjectStoreFault.Damaged, () => test.GetAsync("a"));

        Assert.Single(test.Log.Lines, line => line.EventId.Id == 3002 && line.Message.StartsWith("1 ", StringComparison.Ordinal));
        Assert.Equal(info, await test.Store.HeadAsync(new HeadObjectRequest { Bucket = TestStore.Bucket, Key = "a" }));
        Assert.Equal([2], (await test.GetAsync("b")).Content.ToByteArray());
    }

    [Fact]
    public async Task Put_OverADamagedObject_MakesItWhole()
    {
        await using var test = await TestStore.OpenAsync();
        await test.PutAsync("a", [1]);
        File.Delete(Assert.Single(test.BodyFiles()));

        await test.PutAsync("a", [2]);

        Assert.Equal([2], (await test.GetAsync("a")).Content.ToByteArray());
    }

    private static FileStream Open(string file) => new(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);

    private static void Cut(string file, int length)
    {
        using var stream = Open(file);
        stream.SetLength(length);
    }

    private static void Flip(string file, int at)
    {
        using var stream = Open(file);
        stream.Seek(at, SeekOrigin.Begin);
        var value = stream.ReadByte();
        stream.Seek(at, SeekOrigin.Begin);
        stream.WriteByte((byte)(value ^ 1));
    }
}
