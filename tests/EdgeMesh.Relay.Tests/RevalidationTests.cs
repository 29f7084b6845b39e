using EdgeMesh.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EdgeMesh.Relay.Tests;

/// <summary>Revalidation by etag: RFC 9110 section 13.1.2, RFC 9111 section 4.3.</summary>
public sealed class RevalidationTests
{
    private const string Path = "/shop.v1.Catalog/Get";
    private const string Declared = "max-age=60, stale-if-error=300";

    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData("\"1\"")]
    [InlineData("W/\"1\"")]
    public async Task Call_NotModified_GetsTheStoredAnswerWithItsNewLifetime(string etag)
    {
        var asked = new List<string?>();
        await using var origin = await StartAsync(async (context, call) =>
        {
            asked.Add(context.Request.Headers.IfNoneMatch);
            if (call == 1)
            {
                context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers["x-end"] = "t";
                await RawOrigin.AnswerAsync(context, Frames.Of("socks"), ("cache-control", Declared), ("etag", etag), ("x-price", "3"), ("x-two", "a"), ("x-two", "b"));
                return;
            }

            NotModified(context, ("cache-control", "max-age=600, stale-if-error=300"), ("x-price", "4"), ("grpc-message", "unchanged"));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address, time: _time);
        using var caller = new RawCaller(node.Address);

        await caller.CallAsync(Path, Frames.Of("x"));
        _time.Advance(TimeSpan.FromSeconds(70));
        var confirmed = await caller.CallAsync(Path, Frames.Of("x"));
        _time.Advance(TimeSpan.FromSeconds(500));
        var hit = await caller.CallAsync(Path, Frames.Of("x"));

        Assert.Equal([null, etag], asked);
        Assert.Equal("LHR50-1; fwd=stale; stored; detail=not-modified; ttl=600", confirmed.CacheStatus);
        Assert.Equal("LHR50-1; hit; ttl=100", hit.CacheStatus);
        foreach (var answer in new[] { confirmed, hit })
        {
            Assert.Equal(("socks", "0", "t", "4", etag), (answer.Text, answer.Status, answer.Trailer("x-end"), answer.Header("x-price"), answer.Header("etag")));
            Assert.Equal(["a", "b"], answer.Headers("x-two"));
            Assert.Null(answer.Header("edgemesh-not-modified"));
            Assert.Null(answer.Header("grpc-message"));
        }
    }

    [Fact]
    public async Task Call_OriginDoesNotKnowConditions_GetsItsAnswer()
    {
        await using var origin = await StartAsync((context, call) => RawOrigin.AnswerAsync(context, Frames.Of($"{call}"), ("cache-control", Declared), ("etag", $"\"{call}\"")));
        await using var node = await RelayFixture.StartAsync(origin.Address, time: _time);
        using var caller = new RawCaller(node.Address);

        await caller.CallAsync(Path, Frames.Of("x"));
        _time.Advance(TimeSpan.FromSeconds(70));
        var second = await caller.CallAsync(Path, Frames.Of("x"));

        Assert.Equal(("2", "LHR50-1; fwd=stale; stored; ttl=60"), (second.Text, second.CacheStatus));
    }

    [Theory]
    [InlineData("no-store")]
    [InlineData("private")]
    [InlineData("max-age=0")]
    public async Task Call_NotModifiedAndNoLongerStorable_AsksForTheWholeAnswerAndDropsTheOld(string cacheControl)
    {
        await using var origin = await StartAsync((context, call) =>
        {
            if (call == 2)
            {
                NotModified(context, ("cache-control", cacheControl));
                return Task.CompletedTask;
            }

            return RawOrigin.AnswerAsync(context, Frames.Of($"{call}"), ("cache-control", call == 1 ? Declared : cacheControl), ("etag", "\"1\""));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address, time: _time);
        using var caller = new RawCaller(node.Address);

        await caller.CallAsync(Path, Frames.Of("x"));
        _time.Advance(TimeSpan.FromSeconds(70));
        var second = await caller.CallAsync(Path, Frames.Of("x"));

        Assert.Equal(("3", "0"), (second.Text, second.Status));
        Assert.Equal(0, node.Store.Count);
    }

    [Fact]
    public async Task Call_PurgedWhileItIsRevalidated_AsksForTheWholeAnswer()
    {
        using var gate = new SemaphoreSlim(1);
        var asked = new List<string?>();
        await using var origin = await StartAsync(async (context, call) =>
        {
            asked.Add(context.Request.Headers.IfNoneMatch);
            await gate.WaitAsync(context.RequestAborted);
            if (call == 2)
            {
                NotModified(context);
                return;
            }

            await RawOrigin.AnswerAsync(context, Frames.Of($"{call}"), ("cache-control", Declared), ("etag", $"\"{call}\""), ("surrogate-key", "product:7"));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address, time: _time);
        using var caller = new RawCaller(node.Address);
        await caller.CallAsync(Path, Frames.Of("x"));
        _time.Advance(TimeSpan.FromSeconds(70));

        var waiting = caller.CallAsync(Path, Frames.Of("x"));
        await origin.WaitForCallsAsync(2);
        node.Store.PurgeTag("product:7");
        gate.Release(2);
        var answer = await waiting.WaitAsync(TestDeadline.Default);

        Assert.Equal("3", answer.Text);
        Assert.Equal([null, "\"1\"", null], asked);
    }

    [Fact]
    public async Task Call_NotModifiedThatNobodyAskedFor_IsRelayedAsTheErrorThatItIs()
    {
        // A caller's own condition, and an origin's word that nobody asked for.
        await using var origin = await StartAsync((context, _) =>
        {
            NotModified(context, ("cache-control", "max-age=60"));
            return Task.CompletedTask;
        });
        await using var node = await RelayFixture.StartAsync(origin.Address, time: _time);
        using var caller = new RawCaller(node.Address);

        var plain = await caller.CallAsync(Path, Frames.Of("x"));
        var conditional = await caller.CallAsync(Path, Frames.Of("x"), headers: [("if-none-match", "\"1\"")]);

        Assert.Equal(("10", "10"), (plain.Status, conditional.Status));
        Assert.Equal(0, node.Store.Count);
    }

    [Fact]
    public async Task Call_SeveralETags_AsksWithoutACondition()
    {
        var asked = new List<string?>();
        await using var origin = await StartAsync((context, call) =>
        {
            asked.Add(context.Request.Headers.IfNoneMatch);
            return RawOrigin.AnswerAsync(context, Frames.Of($"{call}"), ("cache-control", Declared), ("etag", "\"1\""), ("etag", "\"2\""));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address, time: _time);
        using var caller = new RawCaller(node.Address);

        await caller.CallAsync(Path, Frames.Of("x"));
        _time.Advance(TimeSpan.FromSeconds(70));
        await caller.CallAsync(Path, Frames.Of("x"));

        Assert.Equal([null, null], asked);
    }

    private static Task<RawOrigin> StartAsync(Func<HttpContext, int, Task> answer)
    {
        var calls = 0;
        return RawOrigin.StartAsync(async context =>
        {
            var call = Interlocked.Increment(ref calls);
            await RawOrigin.ReadAllAsync(context);
            await answer(context, call);
        });
    }

    private static void NotModified(HttpContext context, params (string Name, string Value)[] fields)
    {
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = "10";
        context.Response.Headers["edgemesh-not-modified"] = "1";
        foreach (var (name, value) in fields)
        {
            context.Response.Headers.Append(name, value);
        }
    }
}
