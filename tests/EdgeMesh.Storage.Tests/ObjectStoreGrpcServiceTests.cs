using EdgeMesh.V1;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using RpcStatus = Google.Rpc.Status;

namespace EdgeMesh.Storage.Tests;

/// <summary>The store over a connection: what the wire shows of answers, declarations and faults.</summary>
public sealed class ObjectStoreGrpcServiceTests
{
    private const string DetailsName = "grpc-status-details-bin";

    [Fact]
    public async Task Reads_Answered_DeclareCachingAndETagFirst()
    {
        await using var served = await ServedStore.StartAsync();
        var plain = await served.Test.PutAsync("plain", [1]);
        var own = await served.Test.PutAsync("own", [1], also: s => s.CacheControl = "no-store");

        foreach (var (info, cacheControl) in new[] { (plain, ObjectStoreOptions.StandardCacheControl), (own, "no-store") })
        {
            using var get = served.Client.GetObjectAsync(new GetObjectRequest { Bucket = info.Bucket, Key = info.Key });
            using var head = served.Client.HeadObjectAsync(new HeadObjectRequest { Bucket = info.Bucket, Key = info.Key });
            using var read = served.Client.ReadObject(new ReadObjectRequest { Bucket = info.Bucket, Key = info.Key });
            foreach (var headers in new[] { await get.ResponseHeadersAsync, await head.ResponseHeadersAsync, await read.ResponseHeadersAsync })
            {
                Assert.Equal(cacheControl, headers.GetValue("cache-control"));
                Assert.Equal(info.Etag, headers.GetValue("etag"));
            }

            Assert.Equal(info, (await get).Info);
            Assert.Equal(info, (await head).Info);
        }
    }

    [Fact]
    public async Task Reads_ObjectWithTags_NameThemForPurges()
    {
        await using var served = await ServedStore.StartAsync();
        var info = await served.Test.PutAsync("a", [1], also: s => s.Tags.Add(["shoes", "product:7"]));

        using var get = served.Client.GetObjectAsync(new GetObjectRequest { Bucket = info.Bucket, Key = info.Key });
        using var read = served.Client.ReadObject(new ReadObjectRequest { Bucket = info.Bucket, Key = info.Key });

        Assert.Equal(["shoes product:7", "shoes product:7"], new[] { await get.ResponseHeadersAsync, await read.ResponseHeadersAsync }.Select(headers => headers.GetValue("surrogate-key")));
    }

    [Fact]
    public async Task Reads_OfAnETag_SayWhetherItIsStillTheSame()
    {
        await using var served = await ServedStore.StartAsync();
        var old = await served.Test.PutAsync("a", [1]);
        var condition = new Metadata { { "if-none-match", old.Etag } };

        var get = await Assert.ThrowsAsync<RpcException>(async () => await served.Client.GetObjectAsync(new GetObjectRequest { Bucket = old.Bucket, Key = old.Key }, condition));
        var head = await Assert.ThrowsAsync<RpcException>(async () => await served.Client.HeadObjectAsync(new HeadObjectRequest { Bucket = old.Bucket, Key = old.Key }, condition));
        var changed = await served.Test.PutAsync("a", [1]);
        var answer = await served.Client.GetObjectAsync(new GetObjectRequest { Bucket = old.Bucket, Key = old.Key }, condition);

        foreach (var fault in new[] { get, head })
        {
            Assert.Equal((StatusCode.Aborted, "1", old.Etag, ObjectStoreOptions.StandardCacheControl), (fault.StatusCode, fault.Trailers.GetValue("edgemesh-not-modified"), fault.Trailers.GetValue("etag"), fault.Trailers.GetValue("cache-control")));
        }

        Assert.Equal(changed, answer.Info);
    }

    [Fact]
    public async Task Reads_EmptyDefault_DeclareOnlyTheETag()
    {
        await using var served = await ServedStore.StartAsync(defaultCacheControl: "");
        var info = await served.Test.PutAsync("a", [1]);

        using var head = served.Client.HeadObjectAsync(new HeadObjectRequest { Bucket = info.Bucket, Key = info.Key });

        var headers = await head.ResponseHeadersAsync;
        Assert.Null(headers.GetValue("cache-control"));
        Assert.Equal(info.Etag, headers.GetValue("etag"));
    }

    [Fact]
    public async Task Reads_Refused_DeclareNothing()
    {
        await using var served = await ServedStore.StartAsync();
        await served.Test.PutAsync("damaged", TestStore.Content(1000));
        await File.WriteAllBytesAsync(Assert.Single(served.Test.BodyFiles()), new byte[1000]);
        foreach (var key in new[] { "missing", "damaged" })
        {
            using var get = served.Client.GetObjectAsync(new GetObjectRequest { Bucket = TestStore.Bucket, Key = key });
            using var read = served.Client.ReadObject(new ReadObjectRequest { Bucket = TestStore.Bucket, Key = key });

            var code = key == "missing" ? StatusCode.NotFound : StatusCode.DataLoss;
            Assert.Equal(code, (await Assert.ThrowsAsync<RpcException>(async () => await get)).StatusCode);
            Assert.Equal(code, (await Assert.ThrowsAsync<RpcException>(() => read.ResponseStream.MoveNext(default))).StatusCode);
            Assert.Null((await get.ResponseHeadersAsync).GetValue("cache-control"));
            Assert.Null((await read.ResponseHeadersAsync).GetValue("cache-control"));
            Assert.Null((await read.ResponseHeadersAsync).GetValue("etag"));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(ObjectLimits.UnaryContentMaxBytes)]
    public async Task PutAndGet_AtTheLimits_FitDefaultMessageSizes(int size)
    {
        await using var served = await ServedStore.StartAsync();
        var request = new PutObjectRequest { Spec = new ObjectSpec { Bucket = TestStore.Bucket, Key = new string('k', 1024) }, Content = ByteString.CopyFrom(TestStore.Content(size)) };
        request.Spec.Metadata.Add(Enumerable.Range(0, 4).ToDictionary(i => $"k{i}", _ => new string('v', 2000)));

        var put = await served.Client.PutObjectAsync(request);
        var got = await served.Client.GetObjectAsync(new GetObjectRequest { Bucket = TestStore.Bucket, Key = request.Spec.Key });

        Assert.Equal(request.Content, got.Content);
        Assert.Equal(put.Info, got.Info);
    }

    [Fact]
    public async Task WriteAndRead_InChunks_CarryTheContent()
    {
        await using var served = await ServedStore.StartAsync();
        var content = TestStore.Content(6_000_000);
        using var write = served.Client.WriteObject();
        await write.RequestStream.WriteAsync(new WriteObjectRequest { Spec = new ObjectSpec { Bucket = TestStore.Bucket, Key = "a", Sha256 = ByteString.CopyFrom(TestStore.Sha256(content)) } });
        foreach (var chunk in content.Chunk(1_000_003))
        {
            await write.RequestStream.WriteAsync(new WriteObjectRequest { Chunk = ByteString.CopyFrom(chunk) });
        }

        await write.RequestStream.CompleteAsync();
        var info = (await write).Info;
        using var read = served.Client.ReadObject(new ReadObjectRequest { Bucket = TestStore.Bucket, Key = "a", Range = new ByteRange { OffsetBytes = 100 } });
        var messages = await read.ResponseStream.ReadAllAsync().ToListAsync();

        Assert.Equal(info, messages[0].Info);
        Assert.All(messages.Skip(1), m => Assert.InRange(m.Chunk.Length, 1, ObjectLimits.ChunkBytes));
        Assert.Equal(content[100..], messages.Skip(1).SelectMany(m => m.Chunk).ToArray());
    }

    [Fact]
    public async Task ReadObject_DamagedLater_SendsWhatIsWholeThenDataLoss()
    {
        await using var served = await ServedStore.StartAsync();
        var content = TestStore.Content(4 * ObjectLimits.ChunkBytes);
        await served.Test.WriteAsync("a", content);
        var file = Assert.Single(served.Test.BodyFiles());
        var bytes = await File.ReadAllBytesAsync(file);
        bytes[(2 * ObjectLimits.ChunkBytes) + 1] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);

        using var read = served.Client.ReadObject(new ReadObjectRequest { Bucket = TestStore.Bucket, Key = "a" });
        var chunks = new List<byte>();
        var e = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var message in read.ResponseStream.ReadAllAsync())
            {
                chunks.AddRange(message.Chunk);
            }
        });

        Assert.Equal(StatusCode.DataLoss, e.StatusCode);
        Assert.Equal("DAMAGED", DetailOf<ErrorInfo>(e).Reason);
        Assert.Equal(content[..(2 * ObjectLimits.ChunkBytes)], chunks);
    }

    [Fact]
    public async Task WriteObject_MessagesOutOfOrder_AreInvalid()
    {
        await using var served = await ServedStore.StartAsync();
        var spec = new WriteObjectRequest { Spec = new ObjectSpec { Bucket = TestStore.Bucket, Key = "a" } };
        var chunk = new WriteObjectRequest { Chunk = ByteString.CopyFrom(1) };

        Assert.Equal("spec", await FieldAtFault());
        Assert.Equal("spec", await FieldAtFault(chunk));
        Assert.Equal("spec", await FieldAtFault(new WriteObjectRequest()));
        Assert.Equal("chunk", await FieldAtFault(spec, spec));
        Assert.Equal("chunk", await FieldAtFault(spec, chunk, new WriteObjectRequest()));
        Assert.Equal("chunk", await FieldAtFault(spec, new WriteObjectRequest { Chunk = ByteString.CopyFrom(new byte[ObjectLimits.UnaryContentMaxBytes + 1]) }));
        Assert.Empty(served.Test.BodyFiles());

        async Task<string> FieldAtFault(params WriteObjectRequest[] messages)
        {
            using var write = served.Client.WriteObject();
            try
            {
                foreach (var message in messages)
                {
                    await write.RequestStream.WriteAsync(message);
                }

                await write.RequestStream.CompleteAsync();
            }
            catch (RpcException)
            {
                // Refused before the last message: the response says why.
            }

            var e = await Assert.ThrowsAsync<RpcException>(async () => await write);
            Assert.Equal(StatusCode.InvalidArgument, e.StatusCode);
            return Assert.Single(DetailOf<BadRequest>(e).FieldViolations).Field;
        }
    }

    [Fact]
    public async Task WriteObject_CancelledMidway_KeepsNothing()
    {
        await using var served = await ServedStore.StartAsync();
        using var cancelled = new CancellationTokenSource();
        using var write = served.Client.WriteObject(cancellationToken: cancelled.Token);
        await write.RequestStream.WriteAsync(new WriteObjectRequest { Spec = new ObjectSpec { Bucket = TestStore.Bucket, Key = "a" } });
        await write.RequestStream.WriteAsync(new WriteObjectRequest { Chunk = ByteString.CopyFrom(new byte[ObjectLimits.ChunkBytes * 2]) });

        await cancelled.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(async () => await write)).StatusCode);
        var e = await Assert.ThrowsAsync<RpcException>(async () => await served.Client.HeadObjectAsync(new HeadObjectRequest { Bucket = TestStore.Bucket, Key = "a" }));
        Assert.Equal(StatusCode.NotFound, e.StatusCode);
    }

    public static TheoryData<string, Func<ObjectStoreService.ObjectStoreServiceClient, Task>, StatusCode, string> Faults => new()
    {
        { "bucket", async c => await c.DeleteBucketAsync(new DeleteBucketRequest { Bucket = "other" }), StatusCode.NotFound, "BUCKET_NOT_FOUND" },
        { "object", async c => await c.HeadObjectAsync(new HeadObjectRequest { Bucket = TestStore.Bucket, Key = "other" }), StatusCode.NotFound, "OBJECT_NOT_FOUND" },
        { "full bucket", async c => await c.DeleteBucketAsync(new DeleteBucketRequest { Bucket = TestStore.Bucket }), StatusCode.FailedPrecondition, "BUCKET_NOT_EMPTY" },
        { "grammar", async c => await c.CreateBucketAsync(new CreateBucketRequest { Bucket = "A" }), StatusCode.InvalidArgument, "INVALID_ARGUMENT" },
        { "condition", async c => await c.DeleteObjectAsync(new DeleteObjectRequest { Bucket = TestStore.Bucket, Key = "a", Conditions = new ObjectConditions { IfNoneMatch = "*" } }), StatusCode.FailedPrecondition, "CONDITION_NOT_MET" },
        { "size", async c => await c.PutObjectAsync(new PutObjectRequest { Spec = new ObjectSpec { Bucket = TestStore.Bucket, Key = "a" }, Content = ByteString.CopyFrom(new byte[ObjectLimits.UnaryContentMaxBytes + 1]) }), StatusCode.ResourceExhausted, "TOO_LARGE" },
        { "digest", async c => await c.PutObjectAsync(new PutObjectRequest { Spec = new ObjectSpec { Bucket = TestStore.Bucket, Key = "a", Sha256 = ByteString.CopyFrom(new byte[32]) } }), StatusCode.DataLoss, "CHECKSUM_MISMATCH" },
        { "range", async c => await c.ReadObject(new ReadObjectRequest { Bucket = TestStore.Bucket, Key = "a", Range = new ByteRange { OffsetBytes = 9 } }).ResponseStream.MoveNext(default), StatusCode.OutOfRange, "RANGE_NOT_SATISFIABLE" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Call_AtFault_AnswersStatusAndDetails(string what, Func<ObjectStoreService.ObjectStoreServiceClient, Task> call, StatusCode code, string reason)
    {
        await using var served = await ServedStore.StartAsync();
        await served.Test.PutAsync("a", [1]);

        var e = await Assert.ThrowsAsync<RpcException>(() => call(served.Client));

        Assert.True(code == e.StatusCode, $"{what}: {e.Status}");
        var details = RpcStatus.Parser.ParseFrom(e.Trailers.GetValueBytes(DetailsName));
        Assert.Equal((int)code, details.Code);
        Assert.Equal(e.Status.Detail, details.Message);
        Assert.Equal((reason, "edgemesh"), (DetailOf<ErrorInfo>(e).Reason, DetailOf<ErrorInfo>(e).Domain));
        served.Test.Log.AssertNoUnexpectedErrors();
    }

    [Fact]
    public async Task Call_ConditionUnmet_NamesItInDetails()
    {
        await using var served = await ServedStore.StartAsync();
        await served.Test.PutAsync("a", [1]);

        var e = await Assert.ThrowsAsync<RpcException>(async () => await served.Client.GetObjectAsync(
            new GetObjectRequest { Bucket = TestStore.Bucket, Key = "a", Conditions = new ObjectConditions { IfMatch = "\"x\"" } }));

        Assert.Equal("IF_MATCH", Assert.Single(DetailOf<PreconditionFailure>(e).Violations).Type);
    }

    [Fact]
    public async Task BucketsAndListing_OverTheWire_Work()
    {
        await using var served = await ServedStore.StartAsync();
        await served.Client.CreateBucketAsync(new CreateBucketRequest { Bucket = "second" });
        await served.Test.PutAsync("a/1", [1]);
        await served.Client.CopyObjectAsync(new CopyObjectRequest { SourceBucket = TestStore.Bucket, SourceKey = "a/1", Destination = new ObjectSpec { Bucket = "second", Key = "b" } });

        var buckets = await served.Client.ListBucketsAsync(new ListBucketsRequest());
        var objects = await served.Client.ListObjectsAsync(new ListObjectsRequest { Bucket = TestStore.Bucket, Delimiter = "/" });

        Assert.Equal([TestStore.Bucket, "second"], buckets.Buckets.Select(b => b.Name));
        Assert.Equal("a/", Assert.Single(objects.CommonPrefixes));
        Assert.True((await served.Client.DeleteObjectAsync(new DeleteObjectRequest { Bucket = "second", Key = "b" })).Existed);
        await served.Client.DeleteBucketAsync(new DeleteBucketRequest { Bucket = "second" });
    }

    private static T DetailOf<T>(RpcException e)
        where T : IMessage<T>, new()
    {
        var status = RpcStatus.Parser.ParseFrom(e.Trailers.GetValueBytes(DetailsName));
        return Assert.Single(status.Details, any => any.Is(new T().Descriptor)).Unpack<T>();
    }
}
