using System.IO.Compression;
using EdgeMesh.Relay.Calls;
using EdgeMesh.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EdgeMesh.Relay.Tests;

public sealed class CachedCallTests
{
    private const string Path = "/shop.v1.Catalog/Get";

    public static TheoryData<string> CredentialNames => new(Relay.Metadata.RequestMetadata.CredentialNames);

    [Fact]
    public async Task Call_DeclaredByTheOrigin_MissThenHit()
    {
        var time = new ManualTimeProvider();
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers["x-end"] = "t";
            await RawOrigin.AnswerAsync(context, await RawOrigin.ReadAllAsync(context), ("cache-control", "max-age=60"), ("etag", "\"1\""), ("x-request-id", "r1"), ("x-two", "a"), ("x-two", "b"));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address, time: time);
        using var caller = new RawCaller(node.Address);

        var miss = await caller.CallAsync(Path, Frames.Of("socks"));
        time.Advance(TimeSpan.FromSeconds(12));
        var hit = await caller.CallAsync(Path, Frames.Of("socks"));

        Assert.Equal("LHR50-1; fwd=miss; stored; ttl=60", miss.CacheStatus);
        Assert.Equal("r1", miss.Header("x-request-id"));
        Assert.Equal("LHR50-1; hit; ttl=48", hit.CacheStatus);
        Assert.Equal("12", hit.Header("age"));
        Assert.Equal("socks", hit.Text);
        Assert.Equal("0", hit.Status);
        Assert.Equal("t", hit.Trailer("x-end"));
        Assert.Equal("\"1\"", hit.Header("etag"));
        Assert.Equal(["a", "b"], hit.Headers("x-two"));
        Assert.Null(hit.Header("x-request-id"));
        Assert.Equal("LHR50-1", hit.Header("x-edgemesh-node"));
        Assert.Equal(1, origin.Calls);
        var counters = await node.CountersAfterAsync(2);
        Assert.Equal((1, 1), (counters.Hits, counters.Misses));
        Assert.Equal((2 * Frames.Of("socks").Length, 2 * Frames.Of("socks").Length), (counters.ReceivedBytes, counters.SentBytes));
    }

    [Fact]
    public async Task Call_LargeHitThatTheCallerDoesNotRead_IsWrittenAsItsWindowLetsIt()
    {
        // Larger than the caller's window and what the server holds for it; else a thousand idle callers hold a thousand copies.
        var message = Enumerable.Range(0, 4 << 20).Select(i => (byte)(i * 31 / 7)).ToArray();
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            await RawOrigin.ReadAllAsync(context);
            await RawOrigin.AnswerAsync(context, Frames.Of(message), ("cache-control", "max-age=60"));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);
        await caller.CallAsync(Path, Frames.Of("x"));

        using var response = await caller.SendAsync(Path, new BufferedContent(Frames.Of("x"))).WaitAsync(TestDeadline.Default);
        var hitsBeforeItReads = node.Relay.Counters.Hits;
        var body = await response.Content.ReadAsByteArrayAsync().WaitAsync(TestDeadline.Default);

        Assert.Equal(Frames.Of(message), body);
        Assert.Equal("0", response.TrailingHeaders.GetValues("grpc-status").Single());
        Assert.Equal((0, 1), (hitsBeforeItReads, (await node.CountersAfterAsync(2)).Hits));
    }

    [Fact]
    public async Task Call_LifetimeOver_AsksAgain()
    {
        var time = new ManualTimeProvider();
        await using var origin = await RawOrigin.StartEchoAsync(("cache-control", "max-age=60"), ("age", "20"));
        await using var node = await RelayFixture.StartAsync(origin.Address, time: time);
        using var caller = new RawCaller(node.Address);

        await caller.CallAsync(Path, Frames.Of("x"));
        time.Advance(TimeSpan.FromSeconds(39));
        var fresh = await caller.CallAsync(Path, Frames.Of("x"));
        time.Advance(TimeSpan.FromSeconds(1));
        var expired = await caller.CallAsync(Path, Frames.Of("x"));

        Assert.Equal("59", fresh.Header("age"));
        Assert.StartsWith("LHR50-1; fwd=miss; stored", expired.CacheStatus, StringComparison.Ordinal);
        Assert.Equal(2, origin.Calls);
    }

    [Theory]
    [InlineData("", "not-declared")]
    [InlineData("cache-control: public", "not-declared")]
    [InlineData("cache-control: max-age=0", "stale-on-arrival")]
    [InlineData("cache-control: max-age=60, max-age=0", "stale-on-arrival")]
    [InlineData("cache-control: max-age=abc", "stale-on-arrival")]
    [InlineData("cache-control: max-age=-1", "stale-on-arrival")]
    [InlineData("cache-control: max-age=60, s-maxage=0", "stale-on-arrival")]
    [InlineData("cache-control: max-age=60, no-store", "forbidden")]
    [InlineData("cache-control: max-age=60, PRIVATE", "forbidden")]
    [InlineData("cache-control: max-age=60, private=\"x-a, x-b\"", "forbidden")]
    [InlineData("cache-control: max-age=60, no-cache", "forbidden")]
    [InlineData("cache-control: public, max-age=60|cdn-cache-control: no-store", "forbidden")]
    [InlineData("cache-control: no-store|cdn-cache-control: max-age=60", "forbidden")]
    [InlineData("cdn-cache-control: public|cache-control: max-age=60", "not-declared")] // RFC 9213 section 2.2: the general field does not count.
    [InlineData("cdn-cache-control: something-new|cache-control: max-age=60", "not-declared")]
    [InlineData("cdn-cache-control: max-age=0|cache-control: max-age=60", "stale-on-arrival")]
    [InlineData("cache-control: max-age=60|vary: *", "vary-any")]
    [InlineData("cache-control: max-age=60|set-cookie: a=1", "set-cookie")]
    [InlineData("cache-control: max-age=60|grpc-encoding: zstd", "unknown-coding")]
    [InlineData("cache-control: max-age=60|age: 60", "stale-on-arrival")]
    [InlineData("cache-control: max-age=60|age: 5|age: 60", "stale-on-arrival")]
    [InlineData("cache-control: max-age=60|age: 5, 60", "stale-on-arrival")]
    public async Task Call_NotDeclaredOrForbidden_IsRelayedAndNotStored(string headers, string why)
    {
        var fields = headers.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(": ", 2)).Select(pair => (pair[0], pair[1])).ToArray();
        await using var origin = await RawOrigin.StartEchoAsync(fields);
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        var first = await caller.CallAsync(Path, Frames.Of("x"));
        await caller.CallAsync(Path, Frames.Of("x"));

        Assert.Equal($"LHR50-1; fwd=miss; detail={why}", first.CacheStatus);
        Assert.Equal("x", first.Text);
        Assert.Equal(2, origin.Calls);
    }

    [Theory]
    [InlineData("cache-control: s-maxage=60, max-age=0")]
    [InlineData("cache-control: max-age=\"60\"")]
    [InlineData("cache-control: , ,max-age=60,,")]
    [InlineData("cache-control: unknown=\"a, no-store\", max-age=60")]
    [InlineData("cdn-cache-control: max-age=60|cache-control: max-age=0")]
    [InlineData("cdn-cache-control: |cache-control: max-age=60")] // RFC 9213 section 2.1: an empty field is as good as none.
    [InlineData("cdn-cache-control: max-age=60|cache-control: s-maxage=0, must-revalidate")]
    [InlineData("cache-control: MAX-AGE=99999999999999999999")]
    public async Task Call_DeclaredInAnyLegalWay_IsStored(string headers)
    {
        var fields = headers.Split('|').Select(line => line.Split(": ", 2)).Select(pair => (pair[0], pair[1])).ToArray();
        await using var origin = await RawOrigin.StartEchoAsync(fields);
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        await caller.CallAsync(Path, Frames.Of("x"));
        var second = await caller.CallAsync(Path, Frames.Of("x"));

        Assert.StartsWith("LHR50-1; hit", second.CacheStatus, StringComparison.Ordinal);
        Assert.Equal(1, origin.Calls);
    }

    [Theory]
    [InlineData("cache-control", "no-store")]
    [InlineData("cdn-cache-control", "private")]
    [InlineData("set-cookie", "a=1")]
    [InlineData("vary", "x-lang")]
    public async Task Call_TrailersRestrict_IsNotStored(string name, string value)
    {
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers[name] = value;
            await RawOrigin.AnswerAsync(context, await RawOrigin.ReadAllAsync(context), ("cache-control", "max-age=60"));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        await caller.CallAsync(Path, Frames.Of("x"));
        await caller.CallAsync(Path, Frames.Of("x"));

        Assert.Equal(2, origin.Calls);
    }

    [Fact]
    public async Task Call_TrailersDeclare_IsNotStored()
    {
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers["cache-control"] = "max-age=60";
            await RawOrigin.AnswerAsync(context, await RawOrigin.ReadAllAsync(context));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        await caller.CallAsync(Path, Frames.Of("x"));
        await caller.CallAsync(Path, Frames.Of("x"));

        Assert.Equal(2, origin.Calls);
    }

    [Fact]
    public async Task Call_StatusInTrailersIsNotZero_IsNotStored()
    {
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            await RawOrigin.AnswerAsync(context, await RawOrigin.ReadAllAsync(context), ("cache-control", "max-age=60"));
            context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers["grpc-status"] = "5";
        });
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        var first = await caller.CallAsync(Path, Frames.Of("x"));
        await caller.CallAsync(Path, Frames.Of("x"));

        Assert.Equal("5", first.Status);
        Assert.Equal(2, origin.Calls);
    }

    [Theory]
    [MemberData(nameof(CredentialNames))]
    public async Task Call_DifferentCredentials_NeverMeet(string name)
    {
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            await RawOrigin.ReadAllAsync(context);
            await RawOrigin.AnswerAsync(context, Frames.Of($"for {context.Request.Headers[name]}"), ("cache-control", "max-age=60"));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        for (var round = 0; round < 2; round++)
        {
            Assert.Equal("for ", (await caller.CallAsync(Path, Frames.Of("x"))).Text);
            Assert.Equal("for ann", (await caller.CallAsync(Path, Frames.Of("x"), headers: [(name, "ann")])).Text);
            Assert.Equal("for bob", (await caller.CallAsync(Path, Frames.Of("x"), headers: [(name, "bob")])).Text);
        }

        // Each identity has an entry of its own.
        Assert.Equal(3, origin.Calls);
    }

    [Fact]
    public async Task Call_DifferentClientCertificates_NeverMeet()
    {
        using var server = new TestCertificate();
        using var ann = new TestCertificate();
        using var bob = new TestCertificate();
        RawOrigin? self = null;
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            await RawOrigin.ReadAllAsync(context);
            await RawOrigin.AnswerAsync(context, Frames.Of($"{self!.Calls}"), ("cache-control", "max-age=60"));
        });
        self = origin;
        await using var node = await RelayFixture.StartAsync(origin.Address, new RelayOptions { NodeName = "LHR50-1", NodeDescription = "edge", UnaryWait = TestDeadline.Default }, certificate: server.Certificate);
        using var nobodyCalls = new RawCaller(node.Address);
        using var annCalls = new RawCaller(node.Address, ann.Certificate);
        using var bobCalls = new RawCaller(node.Address, bob.Certificate);

        for (var round = 0; round < 2; round++)
        {
            Assert.Equal("1", (await nobodyCalls.CallAsync(Path, Frames.Of("x"))).Text);
            Assert.Equal("2", (await annCalls.CallAsync(Path, Frames.Of("x"))).Text);
            Assert.Equal("3", (await bobCalls.CallAsync(Path, Frames.Of("x"))).Text);
        }
    }

    [Fact]
    public async Task Call_CredentialsAndPublicAnswer_IsSharedByAll()
    {
        await using var origin = await RawOrigin.StartEchoAsync(("cache-control", "public, max-age=60"));
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        await caller.CallAsync(Path, Frames.Of("x"), headers: [("authorization", "ann")]);
        var bob = await caller.CallAsync(Path, Frames.Of("x"), headers: [("authorization", "bob")]);
        var nobody = await caller.CallAsync(Path, Frames.Of("x"));

        Assert.StartsWith("LHR50-1; hit", bob.CacheStatus, StringComparison.Ordinal);
        Assert.StartsWith("LHR50-1; hit", nobody.CacheStatus, StringComparison.Ordinal);
        Assert.Equal(1, origin.Calls);
    }

    [Theory]
    [InlineData("public, max-age=60", "max-age=60", 2)]
    [InlineData("max-age=60", "public, max-age=60", 1)]
    public async Task Call_CredentialsAndTargetedField_ItAloneSaysWhetherTheAnswerIsPublic(string general, string targeted, int originCalls)
    {
        // RFC 9213 section 2.2.
        await using var origin = await RawOrigin.StartEchoAsync(("cache-control", general), ("cdn-cache-control", targeted));
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        await caller.CallAsync(Path, Frames.Of("x"), headers: [("authorization", "ann")]);
        await caller.CallAsync(Path, Frames.Of("x"), headers: [("authorization", "bob")]);

        Assert.Equal(originCalls, origin.Calls);
    }

    [Fact]
    public async Task Call_CredentialsAndSharedEntryThatIsNotPublic_AsksForItself()
    {
        await using var origin = await RawOrigin.StartEchoAsync(("cache-control", "max-age=60"));
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        await caller.CallAsync(Path, Frames.Of("x"));
        await caller.CallAsync(Path, Frames.Of("x"), headers: [("authorization", "bob")]);

        Assert.Equal(2, origin.Calls);
    }

    [Fact]
    public async Task Call_MetadataOutsideKeyAndVary_IsNeitherStoredNorServedFromTheStore()
    {
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            await RawOrigin.ReadAllAsync(context);
            await RawOrigin.AnswerAsync(context, Frames.Of($"in {context.Request.Headers["x-lang"]}"), ("cache-control", "max-age=60"));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        var poisoned = await caller.CallAsync(Path, Frames.Of("x"), headers: [("x-lang", "evil")]);
        var plain = await caller.CallAsync(Path, Frames.Of("x"));
        var german = await caller.CallAsync(Path, Frames.Of("x"), headers: [("x-lang", "de")]);

        Assert.Equal("LHR50-1; fwd=miss; detail=unkeyed-metadata", poisoned.CacheStatus);
        Assert.Equal("in ", plain.Text);
        Assert.Equal("in de", german.Text);
        Assert.Equal(3, origin.Calls);
    }

    [Fact]
    public async Task Call_InertMetadata_SharesOneEntry()
    {
        await using var origin = await RawOrigin.StartEchoAsync(("cache-control", "max-age=60"));
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        await caller.CallAsync(Path, Frames.Of("x"), headers: [("user-agent", "a"), ("traceparent", "00-1"), ("grpc-timeout", "10S")]);
        await caller.CallAsync(Path, Frames.Of("x"), headers: [("user-agent", "b"), ("traceparent", "00-2"), ("cache-control", "no-cache"), ("x-request-id", "7")]);

        Assert.Equal(1, origin.Calls);
    }

    [Fact]
    public async Task Call_Vary_OneEntryPerValue()
    {
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            await RawOrigin.ReadAllAsync(context);
            await RawOrigin.AnswerAsync(context, Frames.Of($"in {context.Request.Headers["x-lang"]}"), ("cache-control", "max-age=60"), ("vary", "X-Lang"), ("vary", "x-other, user-agent"));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        for (var round = 0; round < 2; round++)
        {
            Assert.Equal("in de", (await caller.CallAsync(Path, Frames.Of("x"), headers: [("x-lang", "de")])).Text);
            Assert.Equal("in fr", (await caller.CallAsync(Path, Frames.Of("x"), headers: [("x-lang", "fr")])).Text);
            Assert.Equal("in ", (await caller.CallAsync(Path, Frames.Of("x"))).Text);
        }

        Assert.Equal(3, origin.Calls);
    }

    [Fact]
    public async Task Call_GzipAnswerForACallerWithoutGzip_IsDecompressed()
    {
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            await RawOrigin.ReadAllAsync(context);
            await RawOrigin.AnswerAsync(context, Frames.Of(Gzip("socks"u8), isCompressed: true), ("cache-control", "max-age=60"), ("grpc-encoding", "gzip"));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        await caller.CallAsync(Path, Frames.Of("x"), headers: [("grpc-accept-encoding", "identity,gzip")]);
        var compressed = await caller.CallAsync(Path, Frames.Of("x"), headers: [("grpc-accept-encoding", "identity, gzip")]);
        var plain = await caller.CallAsync(Path, Frames.Of("x"), headers: [("grpc-accept-encoding", "identity")]);

        Assert.Equal("gzip", compressed.Header("grpc-encoding"));
        Assert.Equal(1, compressed.Body[0]);
        Assert.Null(plain.Header("grpc-encoding"));
        Assert.Equal(0, plain.Body[0]);
        Assert.Equal("socks", plain.Text);
        Assert.Equal(1, origin.Calls);
    }

    [Fact]
    public async Task Call_CompressedRequest_MeetsThePlainOnesEntry()
    {
        await using var origin = await RawOrigin.StartEchoAsync(("cache-control", "max-age=60"));
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        await caller.CallAsync(Path, Frames.Of("socks"));
        var compressed = await caller.CallAsync(Path, Frames.Of(Gzip("socks"u8), isCompressed: true), headers: [("grpc-encoding", "gzip")]);

        Assert.Equal("socks", compressed.Text);
        Assert.Equal(1, origin.Calls);
    }

    [Fact]
    public async Task Call_OtherMethodMessageOrHost_HasAnotherEntry()
    {
        await using var origin = await RawOrigin.StartEchoAsync(("cache-control", "max-age=60"));
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);
        using var byName = new RawCaller(new UriBuilder(node.Address) { Host = "localhost" }.Uri);

        await caller.CallAsync(Path, Frames.Of("x"));
        await caller.CallAsync(Path, Frames.Of("y"));
        await caller.CallAsync("/shop.v1.Catalog/Other", Frames.Of("x"));
        await byName.CallAsync(Path, Frames.Of("x"));

        Assert.Equal(4, origin.Calls);
    }

    [Fact]
    public async Task Call_ServerStream_IsRelayedAsItComesAndNotStored()
    {
        using var more = new SemaphoreSlim(0);
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            await RawOrigin.ReadAllAsync(context);
            context.Response.ContentType = "application/grpc";
            context.Response.Headers.CacheControl = "max-age=60";
            await context.Response.BodyWriter.WriteAsync(Frames.Of("one"));
            await more.WaitAsync(context.RequestAborted);
            await context.Response.BodyWriter.WriteAsync(Frames.Of("two"));
            context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers["grpc-status"] = "0";
        });
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        for (var round = 0; round < 2; round++)
        {
            using var response = await caller.SendAsync(Path, new Calls.BufferedContent(Frames.Of("x"))).WaitAsync(TestDeadline.Default);
            await using var stream = await response.Content.ReadAsStreamAsync();
            var one = new byte[Frames.Of("one").Length];
            await stream.ReadExactlyAsync(one).AsTask().WaitAsync(TestDeadline.Default);
            more.Release();
            using var rest = new MemoryStream();
            await stream.CopyToAsync(rest).WaitAsync(TestDeadline.Default);
            Assert.Equal("one", Frames.Text(one));
            Assert.Equal("two", Frames.Text(rest.ToArray()));
        }

        Assert.Equal(2, origin.Calls);
    }

    [Fact]
    public async Task Call_AnswerLongerThanIsStored_IsRelayedWhole()
    {
        var big = new byte[300_000];
        new Random(7).NextBytes(big);
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            await RawOrigin.ReadAllAsync(context);
            await RawOrigin.AnswerAsync(context, Frames.Of(big), ("cache-control", "max-age=60"));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address, new RelayOptions { NodeName = "LHR50-1", NodeDescription = "edge", MaxStoredMessageBytes = 100_000 });
        using var caller = new RawCaller(node.Address);

        var first = await caller.CallAsync(Path, Frames.Of("x"));
        var second = await caller.CallAsync(Path, Frames.Of("x"));

        Assert.Equal(Frames.Of(big), first.Body);
        Assert.Equal(Frames.Of(big), second.Body);
        Assert.Equal("0", second.Status);
        Assert.Equal(2, origin.Calls);
    }

    private static byte[] Gzip(ReadOnlySpan<byte> plain)
    {
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.Fastest))
        {
            gzip.Write(plain);
        }

        return memory.ToArray();
    }
}
