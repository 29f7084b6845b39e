using EdgeMesh.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EdgeMesh.Relay.Tests;

/// <summary>Stale answers: RFC 5861, RFC 9111 sections 4.2.4 and 5.2.2, RFC 9211.</summary>
public sealed class StaleAnswerTests
{
    private const string Path = "/shop.v1.Catalog/Get";
    private const int Callers = 50;

    private readonly ManualTimeProvider _time = new();

    public static TheoryData<string> Failures => new(new[] { "2", "4", "13", "14", "http-503", "trailers-14", "undeclared-trailers-13", "no-status", "reset" });

    [Fact]
    public async Task Call_WithinStaleWhileRevalidate_IsAnsweredAtOnceWhileOneCallAsksAnew()
    {
        // RFC 5861 section 3.
        using var gate = new SemaphoreSlim(1);
        await using var origin = await StartAsync(async (context, call) =>
        {
            await gate.WaitAsync(context.RequestAborted);
            await RawOrigin.AnswerAsync(context, Frames.Of($"{call}"), ("cache-control", "max-age=60, stale-while-revalidate=30"));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address, time: _time);
        using var caller = new RawCaller(node.Address);
        await caller.CallAsync(Path, Frames.Of("x"));

        _time.Advance(TimeSpan.FromSeconds(70));
        var stale = await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => caller.CallAsync(Path, Frames.Of("x")))).WaitAsync(TestDeadline.Default);
        await origin.WaitForCallsAsync(2);
        gate.Release();
        var fresh = await CallUntilAsync(caller, answer => answer.Text == "2");

        Assert.All(stale, answer => Assert.Equal(("1", "0", "LHR50-1; hit; ttl=-10", "70"), (answer.Text, answer.Status, answer.CacheStatus, answer.Header("age"))));
        Assert.EndsWith("; ttl=60", fresh.CacheStatus, StringComparison.Ordinal);
        Assert.Equal(2, origin.Calls);
        Assert.True((await node.CountersAfterAsync(Callers + 2)).Hits > Callers);
        Assert.Equal(["stale-while-revalidate"], node.Relay.Counters.StaleReasons.All.Select(count => count.Key));
    }

    [Theory]
    [InlineData("max-age=60, stale-while-revalidate=30", 89, "LHR50-1; hit; ttl=-29")]
    [InlineData("max-age=60, stale-while-revalidate=30", 90, "LHR50-1; fwd=miss; stored; ttl=60")]
    [InlineData("max-age=60, stale-while-revalidate=30, stale-if-error=300", 90, "LHR50-1; fwd=stale; stored; ttl=60")]
    [InlineData("max-age=60, stale-if-error=300", 61, "LHR50-1; fwd=stale; stored; ttl=60")]
    [InlineData("max-age=60, stale-while-revalidate=30, stale-while-revalidate=5", 65, "LHR50-1; fwd=miss; stored; ttl=60")]
    [InlineData("max-age=60, stale-while-revalidate=x", 61, "LHR50-1; fwd=miss; stored; ttl=60")]
    [InlineData("max-age=60, stale-while-revalidate=30, must-revalidate", 61, "LHR50-1; fwd=miss; stored; ttl=60")] // RFC 9111 section 5.2.2.2
    [InlineData("max-age=60, stale-while-revalidate=30, proxy-revalidate", 61, "LHR50-1; fwd=miss; stored; ttl=60")] // section 5.2.2.8
    [InlineData("s-maxage=60, stale-while-revalidate=30", 61, "LHR50-1; fwd=miss; stored; ttl=60")] // section 5.2.2.10
    [InlineData("max-age=60, stale-while-revalidate=30|cdn-cache-control: max-age=60", 61, "LHR50-1; fwd=miss; stored; ttl=60")] // RFC 9213 section 2.2
    [InlineData("max-age=5, must-revalidate|cdn-cache-control: max-age=60, stale-while-revalidate=30", 61, "LHR50-1; fwd=miss; stored; ttl=60")]
    [InlineData("max-age=5|cdn-cache-control: max-age=60, stale-while-revalidate=30", 61, "LHR50-1; hit; ttl=-1")]
    public async Task Call_AfterItsLifetime_IsAnsweredAsItsOriginSaid(string declared, int seconds, string cacheStatus)
    {
        var fields = $"cache-control: {declared}".Split('|').Select(line => line.Split(": ", 2)).Select(pair => (pair[0], pair[1])).ToArray();
        await using var origin = await RawOrigin.StartEchoAsync(fields);
        await using var node = await RelayFixture.StartAsync(origin.Address, time: _time);
        using var caller = new RawCaller(node.Address);

        await caller.CallAsync(Path, Frames.Of("x"));
        _time.Advance(TimeSpan.FromSeconds(seconds));
        var answer = await caller.CallAsync(Path, Frames.Of("x"));

        Assert.Equal(("x", "0", cacheStatus), (answer.Text, answer.Status, answer.CacheStatus));
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Call_AskingFailsWithinStaleIfError_GetsTheStaleAnswer(string failure)
    {
        // RFC 5861 section 4.
        await using var origin = await StartAsync((context, call) => call switch
        {
            1 or > 3 => RawOrigin.AnswerAsync(context, Frames.Of($"{call}"), ("cache-control", "max-age=60, stale-if-error=300")),
            _ => FailAsync(context, failure),
        });
        await using var node = await RelayFixture.StartAsync(origin.Address, time: _time);
        using var caller = new RawCaller(node.Address);
        await caller.CallAsync(Path, Frames.Of("x"));

        // 1. The first who asks waits for the failure; the next ones do not, and do not ask in the same moment.
        _time.Advance(TimeSpan.FromSeconds(70));
        var asked = await caller.CallAsync(Path, Frames.Of("x"));
        var next = await caller.CallAsync(Path, Frames.Of("x"));
        Assert.Equal(("1", "0", "LHR50-1; fwd=stale; detail=stale-if-error; ttl=-10"), (asked.Text, asked.Status, asked.CacheStatus));
        Assert.Equal(("1", "0", "LHR50-1; hit; detail=stale-if-error; ttl=-10"), (next.Text, next.Status, next.CacheStatus));
        Assert.Equal(2, origin.Calls);

        // 2. A while later one call asks behind its answer, and fails again.
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal("LHR50-1; hit; detail=stale-if-error; ttl=-13", (await caller.CallAsync(Path, Frames.Of("x"))).CacheStatus);
        await origin.WaitForCallsAsync(3);
        await WaitAsync(() => node.Relay.FillsInFlight == 0);

        // 3. The origin is back.
        _time.Advance(TimeSpan.FromSeconds(3));
        var fresh = await CallUntilAsync(caller, answer => answer.Text != "1");
        Assert.Equal("4", fresh.Text);
        Assert.EndsWith("; ttl=60", fresh.CacheStatus, StringComparison.Ordinal);
        Assert.Equal(4, origin.Calls);
    }

    [Fact]
    public async Task Call_UpstreamCannotBeReached_OtherKeysAreAnsweredAtOnce()
    {
        var origin = await RawOrigin.StartEchoAsync(("cache-control", "max-age=60, stale-if-error=300"));
        await using var node = await RelayFixture.StartAsync(origin.Address, time: _time);
        using var caller = new RawCaller(node.Address);
        await caller.CallAsync(Path, Frames.Of("x"));
        await caller.CallAsync(Path, Frames.Of("y"));
        await origin.DisposeAsync();
        _time.Advance(TimeSpan.FromSeconds(70));

        var asked = await caller.CallAsync(Path, Frames.Of("x"));
        var other = await caller.CallAsync(Path, Frames.Of("y"));

        Assert.Equal(("x", "LHR50-1; fwd=stale; detail=stale-if-error; ttl=-10"), (asked.Text, asked.CacheStatus));
        Assert.Equal(("y", "LHR50-1; hit; detail=stale-if-error; ttl=-10"), (other.Text, other.CacheStatus));
    }

    [Fact]
    public async Task Call_FiveQuestionsInARowFailed_OtherKeysAreAnsweredAtOnceUntilOneSucceeds()
    {
        var fails = false;
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            var body = await RawOrigin.ReadAllAsync(context);
            await (Volatile.Read(ref fails) ? FailAsync(context, "14") : RawOrigin.AnswerAsync(context, body, ("cache-control", "max-age=60, stale-if-error=300")));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address, time: _time);
        using var caller = new RawCaller(node.Address);
        for (var key = 0; key < 10; key++)
        {
            await caller.CallAsync(Path, Frames.Of($"{key}"));
        }

        // 1. Five keys wait for their failure; the next two have their stale answers at once, and one of them asks.
        Volatile.Write(ref fails, true);
        _time.Advance(TimeSpan.FromSeconds(70));
        for (var key = 0; key < 7; key++)
        {
            var answer = await caller.CallAsync(Path, Frames.Of($"{key}"));
            Assert.Equal(($"{key}", key < 5 ? "LHR50-1; fwd=stale; detail=stale-if-error; ttl=-10" : "LHR50-1; hit; detail=stale-if-error; ttl=-10"), (answer.Text, answer.CacheStatus));
        }

        await origin.WaitForCallsAsync(16);
        await WaitAsync(() => node.Relay.FillsInFlight == 0);
        Assert.Equal(16, origin.Calls);

        // 2. A second later one asks again, and is answered; others ask and wait as ever.
        Volatile.Write(ref fails, false);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("LHR50-1; hit; detail=stale-if-error; ttl=-11", (await caller.CallAsync(Path, Frames.Of("8"))).CacheStatus);
        await origin.WaitForCallsAsync(17);
        await WaitAsync(() => node.Relay.FillsInFlight == 0);
        Assert.Equal("LHR50-1; fwd=stale; stored; ttl=60", (await caller.CallAsync(Path, Frames.Of("9"))).CacheStatus);
    }

    [Theory]
    [InlineData(359, "0")]
    [InlineData(360, "14")]
    [InlineData(3600, "14")]
    public async Task Call_AskingFails_TheDeclaredLimitIsHard(int seconds, string status)
    {
        await using var origin = await StartAsync((context, call) => call == 1 ? RawOrigin.AnswerAsync(context, Frames.Of("x"), ("cache-control", "max-age=60, stale-if-error=300")) : FailAsync(context, "14"));
        await using var node = await RelayFixture.StartAsync(origin.Address, time: _time);
        using var caller = new RawCaller(node.Address);

        await caller.CallAsync(Path, Frames.Of("x"));
        _time.Advance(TimeSpan.FromSeconds(seconds));

        // Also for who comes when asking is known to fail.
        Assert.Equal(status, (await caller.CallAsync(Path, Frames.Of("x"))).Status);
        Assert.Equal(status, (await caller.CallAsync(Path, Frames.Of("x"))).Status);
    }

    [Theory]
    [InlineData("3")]
    [InlineData("5")]
    [InlineData("7")]
    [InlineData("8")]
    [InlineData("16")]
    public async Task Call_UpstreamAnswersWithAnotherStatus_IsNotHidden(string status)
    {
        await using var origin = await StartAsync((context, call) => call == 1 ? RawOrigin.AnswerAsync(context, Frames.Of("x"), ("cache-control", "max-age=60, stale-if-error=300")) : FailAsync(context, status));
        await using var node = await RelayFixture.StartAsync(origin.Address, time: _time);
        using var caller = new RawCaller(node.Address);

        await caller.CallAsync(Path, Frames.Of("x"));
        _time.Advance(TimeSpan.FromSeconds(70));

        var answer = await caller.CallAsync(Path, Frames.Of("x"));

        Assert.Equal((status, "why", "LHR50-1; fwd=stale; detail=trailers-only"), (answer.Status, answer.Message, answer.CacheStatus));
        Assert.Equal(2, origin.Calls);
    }

    [Theory]
    [InlineData(null, 5)]
    [InlineData("4S", 2)]
    public async Task Call_UpstreamHangs_GetsTheStaleAnswerInTimeAndTheNextOneAtOnce(string? timeout, int waitSeconds)
    {
        await using var origin = await StartAsync((context, call) => call == 1
            ? RawOrigin.AnswerAsync(context, Frames.Of("x"), ("cache-control", "max-age=60, stale-if-error=300"))
            : Task.Delay(Timeout.Infinite, context.RequestAborted));
        await using var node = await RelayFixture.StartAsync(origin.Address, time: _time);
        using var caller = new RawCaller(node.Address);
        await caller.CallAsync(Path, Frames.Of("x"));
        _time.Advance(TimeSpan.FromSeconds(70));

        var timers = _time.TimerCount;
        var waiting = caller.CallAsync(Path, Frames.Of("x"), headers: timeout is null ? [] : [("grpc-timeout", timeout)]);
        await origin.WaitForCallsAsync(2);
        await _time.WaitForTimersAsync(timers + (timeout is null ? 1 : 2));
        _time.Advance(TimeSpan.FromSeconds(waitSeconds));
        var waited = await waiting.WaitAsync(TestDeadline.Default);
        var next = await caller.CallAsync(Path, Frames.Of("x")).WaitAsync(TestDeadline.Default);

        Assert.Equal(("0", $"LHR50-1; fwd=stale; detail=stale-if-error; ttl=-{10 + waitSeconds}"), (waited.Status, waited.CacheStatus));
        Assert.Equal(("0", $"LHR50-1; hit; detail=stale-if-error; ttl=-{10 + waitSeconds}"), (next.Status, next.CacheStatus));
        Assert.Equal(2, origin.Calls);
    }

    [Fact]
    public async Task Call_ManyAskForOneStaleKey_OneFailureWakesThemAllWithTheStaleAnswer()
    {
        using var gate = new SemaphoreSlim(1);
        await using var origin = await StartAsync(async (context, call) =>
        {
            await gate.WaitAsync(context.RequestAborted);
            await (call == 1 ? RawOrigin.AnswerAsync(context, Frames.Of("x"), ("cache-control", "max-age=60, stale-if-error=300")) : FailAsync(context, "14"));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address, time: _time);
        using var caller = new RawCaller(node.Address);
        await caller.CallAsync(Path, Frames.Of("x"));
        _time.Advance(TimeSpan.FromSeconds(70));

        var calls = Enumerable.Range(0, Callers).Select(_ => caller.CallAsync(Path, Frames.Of("x"))).ToArray();
        await WaitAsync(() => node.Relay.Counters.Waiting == Callers - 1);
        gate.Release();
        var answers = await Task.WhenAll(calls).WaitAsync(TestDeadline.Default);

        Assert.All(answers, answer => Assert.Equal(("0", "x", "LHR50-1; fwd=stale; detail=stale-if-error; ttl=-10"), (answer.Status, answer.Text, answer.CacheStatus)));
        Assert.Equal(2, origin.Calls);
    }

    [Theory]
    [InlineData("5", "")]
    [InlineData("0", "no-store")]
    [InlineData("0", "")]
    public async Task Call_AskedAnewBehindAStaleAnswer_WhatUpstreamSaysTakesItsPlace(string status, string cacheControl)
    {
        // RFC 9111 section 4.3.3: a deleted object must not live on until its stale window ends.
        await using var origin = await StartAsync((context, call) => (call, status) switch
        {
            (1, _) => RawOrigin.AnswerAsync(context, Frames.Of("1"), ("cache-control", "max-age=60, stale-while-revalidate=3600")),
            (_, "0") => RawOrigin.AnswerAsync(context, Frames.Of($"{call}"), ("cache-control", cacheControl)),
            _ => FailAsync(context, status),
        });
        await using var node = await RelayFixture.StartAsync(origin.Address, time: _time);
        using var caller = new RawCaller(node.Address);
        await caller.CallAsync(Path, Frames.Of("x"));

        _time.Advance(TimeSpan.FromSeconds(70));
        Assert.Equal("1", (await caller.CallAsync(Path, Frames.Of("x"))).Text);
        var after = await CallUntilAsync(caller, answer => !answer.CacheStatus.Contains("hit", StringComparison.Ordinal));

        Assert.Equal(status, after.Status);
        Assert.Equal(0, node.Store.Count);
    }

    [Fact]
    public async Task Call_PurgedWhileItWaitsForAFillThatFails_DoesNotGetThePurgedAnswer()
    {
        // Race (3) of CachedCallHandler.
        using var gate = new SemaphoreSlim(1);
        await using var origin = await StartAsync(async (context, call) =>
        {
            await gate.WaitAsync(context.RequestAborted);
            await (call == 1 ? RawOrigin.AnswerAsync(context, Frames.Of("x"), ("cache-control", "max-age=60, stale-if-error=300"), ("surrogate-key", "product:7")) : FailAsync(context, "14"));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address, time: _time);
        using var caller = new RawCaller(node.Address);
        await caller.CallAsync(Path, Frames.Of("x"));
        _time.Advance(TimeSpan.FromSeconds(70));

        var waiting = caller.CallAsync(Path, Frames.Of("x"));
        await origin.WaitForCallsAsync(2);
        node.Store.PurgeTag("product:7");
        gate.Release(2);

        Assert.Equal("14", (await waiting.WaitAsync(TestDeadline.Default)).Status);
    }

    [Fact]
    public async Task Call_StaleAnswersOfOthers_AreNotSharedWhenAskingFails()
    {
        var fails = false;
        await using var origin = await StartAsync((context, _) => Volatile.Read(ref fails)
            ? FailAsync(context, "14")
            : RawOrigin.AnswerAsync(context, Frames.Of($"for {context.Request.Headers.Authorization} in {context.Request.Headers["x-lang"]}"), ("cache-control", "max-age=60, stale-if-error=300"), ("vary", "x-lang")));
        await using var node = await RelayFixture.StartAsync(origin.Address, time: _time);
        using var caller = new RawCaller(node.Address);
        await caller.CallAsync(Path, Frames.Of("x"), headers: [("authorization", "ann"), ("x-lang", "de")]);
        await caller.CallAsync(Path, Frames.Of("x"), headers: [("authorization", "ann"), ("x-lang", "fr")]);
        await caller.CallAsync(Path, Frames.Of("x"));
        Volatile.Write(ref fails, true);
        _time.Advance(TimeSpan.FromSeconds(70));

        for (var round = 0; round < 2; round++)
        {
            Assert.Equal("for ann in de", (await caller.CallAsync(Path, Frames.Of("x"), headers: [("authorization", "ann"), ("x-lang", "de")])).Text);
            Assert.Equal("for ann in fr", (await caller.CallAsync(Path, Frames.Of("x"), headers: [("authorization", "ann"), ("x-lang", "fr")])).Text);
            Assert.Equal("for  in ", (await caller.CallAsync(Path, Frames.Of("x"))).Text);
            Assert.Equal("14", (await caller.CallAsync(Path, Frames.Of("x"), headers: [("authorization", "bob"), ("x-lang", "de")])).Status);
            Assert.Equal("14", (await caller.CallAsync(Path, Frames.Of("x"), headers: [("authorization", "ann"), ("x-lang", "it")])).Status);
            Assert.Equal("14", (await caller.CallAsync(Path, Frames.Of("x"), headers: [("x-lang", "de")])).Status);
        }
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

    private static async Task FailAsync(HttpContext context, string how)
    {
        context.Response.ContentType = "application/grpc";
        switch (how)
        {
            case "http-503":
                context.Response.ContentType = "text/html";
                context.Response.StatusCode = 503;
                break;
            case "trailers-14":
                context.Response.Headers.CacheControl = "max-age=60";
                await context.Response.BodyWriter.FlushAsync();
                context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers["grpc-status"] = "14";
                break;
            case "undeclared-trailers-13":
                await context.Response.BodyWriter.FlushAsync();
                context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers["grpc-status"] = "13";
                break;
            case "no-status":
                context.Response.Headers.CacheControl = "max-age=60";
                await context.Response.BodyWriter.WriteAsync(Frames.Of("half"));
                break;
            case "reset":
                context.Abort();
                break;
            default:
                context.Response.Headers["grpc-status"] = how;
                context.Response.Headers["grpc-message"] = "why";
                break;
        }
    }

    private static async Task<RawAnswer> CallUntilAsync(RawCaller caller, Func<RawAnswer, bool> isIt)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var answer = await caller.CallAsync(Path, Frames.Of("x"));
            if (isIt(answer))
            {
                return answer;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(start) < TestDeadline.Default, $"still {answer.Status}, {answer.CacheStatus}");
        }
    }

    private static async Task WaitAsync(Func<bool> isTrue)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!isTrue())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TestDeadline.Default);
            await Task.Yield();
        }
    }
}
