using EdgeMesh.Relay.Telemetry;
using EdgeMesh.Testing;
using EdgeMesh.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EdgeMesh.Relay.Tests;

/// <summary>NOT_FOUND with a lifetime of its own (RFC 9111 section 3: any final status whose meaning is understood, with an explicit lifetime).</summary>
public sealed class NegativeAnswerTests
{
    private const string Path = "/shop.v1.Catalog/Get";

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Call_NotFoundDeclared_IsAnsweredFromTheStoreForItsLifetime()
    {
        await using var origin = await StartAsync("5", ("cache-control", "max-age=10"), ("grpc-message", "no%20socks"), ("x-hint", "h"));
        await using var node = await RelayFixture.StartAsync(origin.Address, time: _time);
        using var caller = new RawCaller(node.Address);

        var miss = await caller.CallAsync(Path, Frames.Of("x"));
        _time.Advance(TimeSpan.FromSeconds(9));
        var hit = await caller.CallAsync(Path, Frames.Of("x"));
        _time.Advance(TimeSpan.FromSeconds(1));
        var expired = await caller.CallAsync(Path, Frames.Of("x"));

        Assert.Equal(("5", "no socks", "LHR50-1; fwd=miss; stored; ttl=10"), (miss.Status, miss.Message, miss.CacheStatus));
        Assert.Equal(("5", "no socks", "h", "LHR50-1; hit; ttl=1", "9"), (hit.Status, hit.Message, hit.Header("x-hint"), hit.CacheStatus, hit.Header("age")));
        Assert.All([miss, hit, expired], answer => Assert.True(answer.IsTrailersOnly && answer.Body.Length == 0));
        Assert.Equal("LHR50-1; fwd=miss; stored; ttl=10", expired.CacheStatus);
        Assert.Equal(2, origin.Calls);
        var counters = await node.CountersAfterAsync(3);
        Assert.Equal((1, 2), (counters.Hits, counters.Misses));
        Assert.Equal(3, counters.Failures.Single(failure => failure.Key == GrpcStatusCode.NotFound).Value);
    }

    [Theory]
    [InlineData("5", "")]
    [InlineData("5", "max-age=0")]
    [InlineData("5", "max-age=60, no-store")]
    [InlineData("5", "max-age=60, private")]
    [InlineData("3", "max-age=60")]
    [InlineData("7", "max-age=60")]
    [InlineData("12", "max-age=60")]
    [InlineData("14", "max-age=60")]
    [InlineData("0", "max-age=60")]
    [InlineData("05", "max-age=60")]
    public async Task Call_AnyOtherStatusOrDeclaration_IsNotStored(string status, string cacheControl)
    {
        await using var origin = await StartAsync(status, ("cache-control", cacheControl));
        await using var node = await RelayFixture.StartAsync(origin.Address, time: _time);
        using var caller = new RawCaller(node.Address);

        var first = await caller.CallAsync(Path, Frames.Of("x"));
        var second = await caller.CallAsync(Path, Frames.Of("x"));

        Assert.Equal((status, status), (first.Status, second.Status));
        Assert.Equal("LHR50-1; fwd=miss; detail=trailers-only", second.CacheStatus);
        Assert.Equal(2, origin.Calls);
        Assert.Equal(0, node.Store.Count);
    }

    [Fact]
    public async Task Call_NotFoundOfAnotherIdentity_IsNotShared()
    {
        await using var origin = await StartAsync("5", ("cache-control", "max-age=10"));
        await using var node = await RelayFixture.StartAsync(origin.Address, time: _time);
        using var caller = new RawCaller(node.Address);

        await caller.CallAsync(Path, Frames.Of("x"), headers: [("authorization", "ann")]);
        await caller.CallAsync(Path, Frames.Of("x"), headers: [("authorization", "bob")]);
        await caller.CallAsync(Path, Frames.Of("x"));

        Assert.Equal(3, origin.Calls);
    }

    [Fact]
    public async Task Call_NotFoundTaggedAndPurged_IsAskedForAgain()
    {
        // What is created later is there at once.
        await using var origin = await StartAsync("5", ("cache-control", "max-age=10"), ("surrogate-key", "product:7"));
        await using var node = await RelayFixture.StartAsync(origin.Address, time: _time);
        using var caller = new RawCaller(node.Address);

        await caller.CallAsync(Path, Frames.Of("x"));
        node.Store.PurgeTag("product:7");
        await caller.CallAsync(Path, Frames.Of("x"));

        Assert.Equal(2, origin.Calls);
    }

    [Fact]
    public async Task Call_ManyAskForWhatIsNotThere_OneOriginCall()
    {
        using var gate = new SemaphoreSlim(0);
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            await RawOrigin.ReadAllAsync(context);
            await gate.WaitAsync(context.RequestAborted);
            Fail(context, "5", ("cache-control", "max-age=10"));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address, time: _time);
        using var caller = new RawCaller(node.Address);

        var calls = Enumerable.Range(0, 20).Select(_ => caller.CallAsync(Path, Frames.Of("x"))).ToArray();
        var start = TimeProvider.System.GetTimestamp();
        while (node.Relay.Counters.Waiting < 19)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TestDeadline.Default);
            await Task.Yield();
        }

        gate.Release();
        var answers = await Task.WhenAll(calls).WaitAsync(TestDeadline.Default);

        Assert.All(answers, answer => Assert.Equal("5", answer.Status));
        Assert.Equal(1, origin.Calls);
        Assert.Equal(19, (await node.CountersAfterAsync(20)).Count(CallOutcome.Coalesced));
    }

    private static Task<RawOrigin> StartAsync(string status, params (string Name, string Value)[] fields) => RawOrigin.StartAsync(async context =>
    {
        await RawOrigin.ReadAllAsync(context);
        Fail(context, status, fields);
    });

    private static void Fail(HttpContext context, string status, params (string Name, string Value)[] fields)
    {
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = status;
        foreach (var (name, value) in fields)
        {
            context.Response.Headers.Append(name, value);
        }
    }
}
