using EdgeMesh.Testing;
using Microsoft.AspNetCore.Http;

namespace EdgeMesh.Relay.Tests;

public sealed class CoalescingTests
{
    private const string Path = "/shop.v1.Catalog/Get";
    private const int Callers = 200;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_ManyColdCallersOfOneKey_OneOriginCall(bool firstCancels)
    {
        using var gate = new SemaphoreSlim(0);
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            var body = await RawOrigin.ReadAllAsync(context);
            arrived.TrySetResult();
            await gate.WaitAsync(context.RequestAborted);
            await RawOrigin.AnswerAsync(context, body, ("cache-control", "max-age=60"));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);
        using var firstGoes = new CancellationTokenSource();

        var first = caller.CallAsync(Path, Frames.Of("x"), firstGoes.Token);
        await arrived.Task.WaitAsync(TestDeadline.Default);
        var others = Enumerable.Range(0, Callers).Select(_ => caller.CallAsync(Path, Frames.Of("x"))).ToArray();
        await WaitUntilWaitingAsync(node, Callers);
        if (firstCancels)
        {
            await firstGoes.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        }

        gate.Release(Callers + 1);
        var answers = await Task.WhenAll(others).WaitAsync(TestDeadline.Default);

        Assert.Equal(1, origin.Calls);
        Assert.All(answers, answer => Assert.Equal(("0", "x"), (answer.Status, answer.Text)));
        Assert.All(answers, answer => Assert.StartsWith("LHR50-1; fwd=miss; collapsed", answer.CacheStatus, StringComparison.Ordinal));
        Assert.Equal(Callers, (await node.CountersAfterAsync(Callers + 1)).Coalesced);
        if (!firstCancels)
        {
            Assert.Equal("x", (await first).Text);
        }
    }

    [Fact]
    public async Task Call_AllCallersGoBeforeAnAnswer_OriginIsCancelledAndTheNextCallAsksAnew()
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        RawOrigin? self = null;
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            var body = await RawOrigin.ReadAllAsync(context);
            if (self!.Calls == 1)
            {
                context.RequestAborted.Register(() => cancelled.TrySetResult());
                arrived.TrySetResult();
                await cancelled.Task;
                return;
            }

            await RawOrigin.AnswerAsync(context, body, ("cache-control", "max-age=60"));
        });
        self = origin;
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);
        using var gone = new CancellationTokenSource();

        var first = caller.CallAsync(Path, Frames.Of("x"), gone.Token);
        await arrived.Task.WaitAsync(TestDeadline.Default);
        await gone.CancelAsync();
        await cancelled.Task.WaitAsync(TestDeadline.Default);
        var second = await caller.CallAsync(Path, Frames.Of("x"));

        Assert.Equal("x", second.Text);
        Assert.Equal(2, origin.Calls);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
    }

    [Fact]
    public async Task Call_AnswerIsNotDeclared_EachWaiterAsksForItself()
    {
        using var gate = new SemaphoreSlim(0);
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            var body = await RawOrigin.ReadAllAsync(context);
            arrived.TrySetResult();
            await gate.WaitAsync(context.RequestAborted);
            await RawOrigin.AnswerAsync(context, body);
        });
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        var first = caller.CallAsync(Path, Frames.Of("x"));
        await arrived.Task.WaitAsync(TestDeadline.Default);
        var others = Enumerable.Range(0, 9).Select(_ => caller.CallAsync(Path, Frames.Of("x"))).ToArray();
        await WaitUntilWaitingAsync(node, 9);
        gate.Release(10);
        await Task.WhenAll(others).WaitAsync(TestDeadline.Default);
        await first;

        Assert.Equal(10, origin.Calls);
    }

    [Fact]
    public async Task Call_LeadersDeadlineEnds_OneWaiterLeadsForTheRest()
    {
        using var gate = new SemaphoreSlim(0);
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        RawOrigin? self = null;
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            var body = await RawOrigin.ReadAllAsync(context);
            if (self!.Calls == 1)
            {
                // An origin enforces the deadline that it was sent: the leader's.
                arrived.TrySetResult();
                await gate.WaitAsync(context.RequestAborted);
                context.Response.ContentType = "application/grpc";
                context.Response.Headers["grpc-status"] = "4";
                return;
            }

            await RawOrigin.AnswerAsync(context, body, ("cache-control", "max-age=60"));
        });
        self = origin;
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        var first = caller.CallAsync(Path, Frames.Of("x"), headers: [("grpc-timeout", "20S")]);
        await arrived.Task.WaitAsync(TestDeadline.Default);
        var others = Enumerable.Range(0, 20).Select(_ => caller.CallAsync(Path, Frames.Of("x"))).ToArray();
        await WaitUntilWaitingAsync(node, 20);
        gate.Release();
        var answers = await Task.WhenAll(others).WaitAsync(TestDeadline.Default);

        Assert.Equal("4", (await first).Status);
        Assert.All(answers, answer => Assert.Equal("x", answer.Text));
        Assert.Equal(2, origin.Calls);
    }

    [Fact]
    public async Task Call_OriginIsAway_AllWaitersAreToldByOneAttempt()
    {
        using var gate = new SemaphoreSlim(0);
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            await RawOrigin.ReadAllAsync(context);
            arrived.TrySetResult();
            await gate.WaitAsync(context.RequestAborted);
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = "14";
            context.Response.Headers["grpc-message"] = "origin away";
        });
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        var first = caller.CallAsync(Path, Frames.Of("x"));
        await arrived.Task.WaitAsync(TestDeadline.Default);
        var others = Enumerable.Range(0, 20).Select(_ => caller.CallAsync(Path, Frames.Of("x"))).ToArray();
        await WaitUntilWaitingAsync(node, 20);
        gate.Release(21);
        var answers = await Task.WhenAll([first, .. others]).WaitAsync(TestDeadline.Default);

        Assert.All(answers, answer => Assert.Equal(("14", "origin away"), (answer.Status, answer.Message)));
        Assert.Equal(1, origin.Calls);
        var counters = await node.CountersAfterAsync(21);
        Assert.Equal((0, 1, 20, 21), (counters.Hits, counters.Misses, counters.Coalesced, counters.Errors));
    }

    [Theory]
    [InlineData("14", false)]
    [InlineData("0", true)]
    public async Task Call_ManyAnswersToldNothingOfCaching_CallsMayStillShareAFill(string status, bool isUnkeyed)
    {
        // Errors while the origin is away, and answers set aside for their request's metadata: neither says that the method
        // declares nothing, and the burst that follows an outage needs the shared fill most.
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            if (status == "0")
            {
                await RawOrigin.AnswerAsync(context, await RawOrigin.ReadAllAsync(context), ("cache-control", "max-age=60"));
                return;
            }

            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = status;
        });
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        for (var i = 0; i < 120; i++)
        {
            var answer = isUnkeyed ? await caller.CallAsync(Path, Frames.Of($"{i}"), headers: [("x-any", "1")]) : await caller.CallAsync(Path, Frames.Of($"{i}"));
            Assert.Equal(status, answer.Status);
        }

        Assert.True(node.Relay.Methods.Get(Path, out _).MayCoalesce);
    }

    [Fact]
    public async Task Call_ASlowCallerOfTheMethodWasSeen_OthersAreStillCached()
    {
        await using var origin = await RawOrigin.StartEchoAsync(("cache-control", "max-age=60"));
        var time = new ManualTimeProvider();
        var options = new RelayOptions { NodeName = "LHR50-1", NodeDescription = "edge" };
        await using var node = await RelayFixture.StartAsync(origin.Address, options, time: time);
        using var caller = new RawCaller(node.Address);
        var pipe = new System.IO.Pipelines.Pipe();
        await pipe.Writer.WriteAsync(Frames.Of("slow")[..3]);

        // The store has a timer too.
        var timers = time.TimerCount;
        var slow = caller.SendAsync(Path, new Calls.DuplexContent(pipe.Reader));
        await time.WaitForTimersAsync(timers + 1);
        time.Advance(options.UnaryWait);
        while (node.Relay.Methods.Get(Path, out _).Kind != Relay.Methods.MethodKind.Suspected)
        {
            await Task.Yield();
        }

        await caller.CallAsync(Path, Frames.Of("x"));
        var second = await caller.CallAsync(Path, Frames.Of("x"));
        await pipe.Writer.WriteAsync(Frames.Of("slow")[3..]);
        await pipe.Writer.CompleteAsync();
        using var answer = await slow.WaitAsync(TestDeadline.Default);

        Assert.StartsWith("LHR50-1; hit", second.CacheStatus, StringComparison.Ordinal);
        Assert.Equal("slow", Frames.Text(await answer.Content.ReadAsByteArrayAsync()));
    }

    [Fact]
    public async Task Call_LateMessageOfAMethodThatDeclaresCaching_IsWaitedForAndAnsweredFromTheStore()
    {
        await using var origin = await RawOrigin.StartEchoAsync(("cache-control", "max-age=60"));
        var time = new ManualTimeProvider();
        var options = new RelayOptions { NodeName = "LHR50-1", NodeDescription = "edge" };
        await using var node = await RelayFixture.StartAsync(origin.Address, options, time: time);
        using var caller = new RawCaller(node.Address);
        await caller.CallAsync(Path, Frames.Of("x"));
        var pipe = new System.IO.Pipelines.Pipe();
        await pipe.Writer.WriteAsync(Frames.Of("x")[..3]);

        var timers = time.TimerCount;
        var late = caller.SendAsync(Path, new Calls.DuplexContent(pipe.Reader));
        await time.WaitForTimersAsync(timers + 1);
        time.Advance(options.UnaryWait + options.UnaryWait);
        await pipe.Writer.WriteAsync(Frames.Of("x")[3..]);
        await pipe.Writer.CompleteAsync();
        using var answer = await late.WaitAsync(TestDeadline.Default);

        Assert.StartsWith("LHR50-1; hit", Assert.Single(answer.Headers.GetValues("cache-status")), StringComparison.Ordinal);
        Assert.Equal(1, origin.Calls);
    }

    [Fact]
    public async Task Call_DifferentIdentities_NeverShareAFill()
    {
        using var gate = new SemaphoreSlim(0);
        var arrivals = new SemaphoreSlim(0);
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            await RawOrigin.ReadAllAsync(context);
            arrivals.Release();
            await gate.WaitAsync(context.RequestAborted);
            await RawOrigin.AnswerAsync(context, Frames.Of($"for {context.Request.Headers.Authorization}"), ("cache-control", "public, max-age=60"));
        });
        await using var node = await RelayFixture.StartAsync(origin.Address);
        using var caller = new RawCaller(node.Address);

        var ann = caller.CallAsync(Path, Frames.Of("x"), headers: [("authorization", "ann")]);
        var bob = caller.CallAsync(Path, Frames.Of("x"), headers: [("authorization", "bob")]);
        var nobody = caller.CallAsync(Path, Frames.Of("x"));
        for (var i = 0; i < 3; i++)
        {
            Assert.True(await arrivals.WaitAsync(TestDeadline.Default));
        }

        gate.Release(3);

        Assert.Equal("for ann", (await ann).Text);
        Assert.Equal("for bob", (await bob).Text);
        Assert.Equal("for ", (await nobody).Text);
    }

    /// <summary>Waits until so many calls have joined a fill.</summary>
    private static async Task WaitUntilWaitingAsync(RelayFixture node, int count)
    {
        var limit = TimeProvider.System.GetTimestamp();
        while (node.Relay.Counters.Waiting < count)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(limit) < TestDeadline.Default, $"only {node.Relay.Counters.Waiting} of {count} calls wait for the fill");
            await Task.Yield();
        }
    }
}
