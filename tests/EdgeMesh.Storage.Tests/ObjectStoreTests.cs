using EdgeMesh.V1;
using Google.Protobuf;

namespace EdgeMesh.Storage.Tests;

public sealed class ObjectStoreTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(ObjectLimits.ChunkBytes - 1)]
    [InlineData(ObjectLimits.ChunkBytes)]
    [InlineData(ObjectLimits.ChunkBytes + 1)]
    [InlineData(ObjectLimits.UnaryContentMaxBytes)]
    public async Task Get_AfterPut_AnswersWhatWasPut(int size)
    {
        await using var test = await TestStore.OpenAsync();
        var content = TestStore.Content(size);

        var info = await test.PutAsync("a", content);
        var got = await test.GetAsync("a");

        Assert.Equal(content, got.Content.ToByteArray());
        Assert.Equal(info, got.Info);
        Assert.Equal(TestStore.Sha256(content), info.Sha256.ToByteArray());
        Assert.Equal((ulong)size, info.SizeBytes);
        Assert.Equal(content, await test.ReadAsync("a"));
        await test.CloseAsync();
        Assert.Equal(1, StoreChecker.Check(test.Directory));
    }

    [Theory]
    [InlineData(ObjectLimits.ChunkBytes)]
    [InlineData((3 * ObjectLimits.ChunkBytes) + 17)]
    [InlineData(9_000_000)]
    public async Task Read_AfterStreamedWrite_AnswersWhatWasWritten(int size)
    {
        await using var test = await TestStore.OpenAsync();
        var content = TestStore.Content(size);

        var info = await test.WriteAsync("a", content);

        Assert.Equal(TestStore.Sha256(content), info.Sha256.ToByteArray());
        Assert.Equal(content, await test.ReadAsync("a"));
        await test.CloseAsync();
        Assert.Equal(1, StoreChecker.Check(test.Directory));
    }

    [Fact]
    public async Task Put_EverythingSaid_IsKeptAcrossRestart()
    {
        await using var test = await TestStore.OpenAsync();
        test.Time.Advance(TimeSpan.FromMicroseconds(1_234_567));
        var put = await test.PutAsync("ключ/ключ", [1, 2, 3], also: spec =>
        {
            spec.ContentType = "image/png";
            spec.CacheControl = "private, max-age=5";
            spec.Metadata.Add("color", "grün");
            spec.Tags.Add(["t1", "t2"]);
        });

        await test.ReopenAsync();
        var head = (await test.Store.HeadAsync(new HeadObjectRequest { Bucket = TestStore.Bucket, Key = "ключ/ключ" })).Info;

        Assert.Equal(put, head);
        Assert.Equal("image/png", head.ContentType);
        Assert.Equal("private, max-age=5", head.CacheControl);
        Assert.Equal("private, max-age=5", test.Store.CacheControlOf(head));
        Assert.Equal("grün", head.Metadata["color"]);
        Assert.Equal(["t1", "t2"], head.Tags);
        Assert.Equal(test.Time.GetUtcNow(), head.UpdateTime.ToDateTimeOffset().AddTicks(0));
        Assert.Matches("^\"[0-9a-f]{32}\"$", head.Etag);
    }

    [Fact]
    public async Task Put_NothingSaid_HasDefaults()
    {
        await using var test = await TestStore.OpenAsync();

        var info = await test.PutAsync("a", []);

        Assert.Equal("application/octet-stream", info.ContentType);
        Assert.Equal("", info.CacheControl);
        Assert.Equal(ObjectStoreOptions.StandardCacheControl, test.Store.CacheControlOf(info));
    }

    [Fact]
    public async Task Put_SameContentAgain_HasAnotherETagAndGreaterGeneration()
    {
        await using var test = await TestStore.OpenAsync();

        var first = await test.PutAsync("a", [1]);
        var second = await test.PutAsync("a", [1]);

        Assert.NotEqual(first.Etag, second.Etag);
        Assert.True(second.Generation > first.Generation);
    }

    [Fact]
    public async Task Put_AfterDeleteAndRestart_NeverReusesAGeneration()
    {
        await using var test = await TestStore.OpenAsync();
        var first = await test.PutAsync("a", [1]);
        await test.DeleteAsync("a");
        await test.ReopenAsync();

        var second = await test.PutAsync("a", [1]);

        Assert.True(second.Generation > first.Generation);
    }

    [Fact]
    public async Task Put_OverAnother_RemovesItsBody()
    {
        await using var test = await TestStore.OpenAsync();
        await test.PutAsync("a", [1]);
        await test.PutAsync("a", [2]);
        await test.CloseAsync();

        Assert.Single(test.BodyFiles());
    }

    [Fact]
    public async Task Put_WrongSha256_IsChecksumMismatchAndKeepsNothing()
    {
        await using var test = await TestStore.OpenAsync();
        var other = TestStore.Sha256([9]);

        await TestStore.FaultOf(ObjectStoreFault.ChecksumMismatch, () => test.PutAsync("a", [1], also: s => s.Sha256 = ByteString.CopyFrom(other)));

        await TestStore.FaultOf(ObjectStoreFault.ObjectNotFound, () => test.GetAsync("a"));
        Assert.Empty(test.BodyFiles());
    }

    [Fact]
    public async Task Put_RightSha256_IsStored()
    {
        await using var test = await TestStore.OpenAsync();

        await test.PutAsync("a", [1], also: s => s.Sha256 = ByteString.CopyFrom(TestStore.Sha256([1])));

        Assert.Equal([1], (await test.GetAsync("a")).Content.ToByteArray());
    }

    [Fact]
    public async Task Put_OverUnaryLimit_IsTooLarge()
    {
        await using var test = await TestStore.OpenAsync();

        var e = await TestStore.FaultOf(ObjectStoreFault.TooLarge, () => test.PutAsync("a", new byte[ObjectLimits.UnaryContentMaxBytes + 1]));

        Assert.Contains("4128768", e.Message, StringComparison.Ordinal);
        Assert.Contains("4128769", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_OverUnaryLimit_IsTooLarge()
    {
        await using var test = await TestStore.OpenAsync();
        await test.WriteAsync("a", new byte[ObjectLimits.UnaryContentMaxBytes + 1]);

        await TestStore.FaultOf(ObjectStoreFault.TooLarge, () => test.GetAsync("a"));
    }

    [Fact]
    public async Task Operations_NoSuchBucket_AreBucketNotFound()
    {
        await using var test = await TestStore.OpenAsync();
        const string Other = "other";

        await TestStore.FaultOf(ObjectStoreFault.BucketNotFound, () => test.PutAsync("a", [], also: s => s.Bucket = Other));
        await TestStore.FaultOf(ObjectStoreFault.BucketNotFound, () => test.Store.GetAsync(new GetObjectRequest { Bucket = Other, Key = "a" }, default));
        await TestStore.FaultOf(ObjectStoreFault.BucketNotFound, async () => await test.Store.HeadAsync(new HeadObjectRequest { Bucket = Other, Key = "a" }));
        await TestStore.FaultOf(ObjectStoreFault.BucketNotFound, () => test.Store.DeleteAsync(new DeleteObjectRequest { Bucket = Other, Key = "a" }, default));
        await TestStore.FaultOf(ObjectStoreFault.BucketNotFound, () => test.Store.OpenReadAsync(new ReadObjectRequest { Bucket = Other, Key = "a" }, default));
        await TestStore.FaultOf(ObjectStoreFault.BucketNotFound, async () => await test.Store.ListAsync(new ListObjectsRequest { Bucket = Other }));
        await TestStore.FaultOf(ObjectStoreFault.BucketNotFound, () => test.Store.DeleteBucketAsync(new DeleteBucketRequest { Bucket = Other }, default));
    }

    [Fact]
    public async Task Delete_Twice_TellsThatThereWasNothing()
    {
        await using var test = await TestStore.OpenAsync();
        await test.PutAsync("a", [1]);

        Assert.True(await test.DeleteAsync("a"));
        Assert.False(await test.DeleteAsync("a"));
        await TestStore.FaultOf(ObjectStoreFault.ObjectNotFound, () => test.GetAsync("a"));
        await test.CloseAsync();
        Assert.Empty(test.BodyFiles());
    }

    [Fact]
    public async Task Read_OverwrittenAndDeletedMeanwhile_GoesOnWithWhatItOpened()
    {
        await using var test = await TestStore.OpenAsync();
        var content = TestStore.Content(5 * ObjectLimits.ChunkBytes);
        await test.WriteAsync("a", content);
        using var reader = await test.Store.OpenReadAsync(new ReadObjectRequest { Bucket = TestStore.Bucket, Key = "a" }, default);
        var first = (await reader.ReadAsync(default)).ToArray();

        await test.PutAsync("a", [1]);
        await test.DeleteAsync("a");

        var rest = new List<byte>(first);
        for (var chunk = await reader.ReadAsync(default); !chunk.IsEmpty; chunk = await reader.ReadAsync(default))
        {
            rest.AddRange(chunk.Span);
        }

        Assert.Equal(content, rest);
    }

    [Fact]
    public async Task BeginWrite_Abandoned_KeepsNothing()
    {
        await using var test = await TestStore.OpenAsync();
        await using (var writer = test.Store.BeginWrite(new ObjectSpec { Bucket = TestStore.Bucket, Key = "a" }))
        {
            await writer.AppendAsync(new byte[3 * ObjectLimits.ChunkBytes], default);
        }

        await TestStore.FaultOf(ObjectStoreFault.ObjectNotFound, () => test.GetAsync("a"));
        Assert.Empty(test.BodyFiles());
    }

    [Fact]
    public async Task BeginWrite_BucketDeletedMeanwhile_IsBucketNotFound()
    {
        await using var test = await TestStore.OpenAsync();
        await using (var writer = test.Store.BeginWrite(new ObjectSpec { Bucket = TestStore.Bucket, Key = "a" }))
        {
            await test.Store.DeleteBucketAsync(new DeleteBucketRequest { Bucket = TestStore.Bucket }, default);
            await TestStore.FaultOf(ObjectStoreFault.BucketNotFound, () => writer.CommitAsync(default));
        }

        Assert.Empty(test.BodyFiles());
    }

    [Fact]
    public async Task Put_Cancelled_KeepsNothing()
    {
        await using var test = await TestStore.OpenAsync();
        using var cancelled = new CancellationTokenSource();
        var writer = test.Store.BeginWrite(new ObjectSpec { Bucket = TestStore.Bucket, Key = "a" });
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writer.CommitAsync(cancelled.Token));
        await writer.DisposeAsync();

        await TestStore.FaultOf(ObjectStoreFault.ObjectNotFound, () => test.GetAsync("a"));
        Assert.Empty(test.BodyFiles());
    }
}
