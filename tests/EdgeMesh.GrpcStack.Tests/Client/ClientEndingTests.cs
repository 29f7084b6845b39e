using EdgeMesh.Testing;
using EdgeMesh.Wire;
using Grpc.Core;

namespace EdgeMesh.GrpcStack.Tests.Client;

/// <summary>Calls that the clock, the caller or a disposal ends early.</summary>
public sealed class ClientEndingTests
{
    [Fact]
    public async Task Deadline_Ahead_IsSentAsTimeout()
    {
        var clock = new ManualTimeProvider();
        var seen = new TaskCompletionSource<string?>();
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            seen.SetResult(context.Request.Headers["grpc-timeout"]);
            await context.SendAsync("pong");
            await context.EndAsync();
        });
        using var channel = server.Connect(o => o.TimeProvider = clock);

        await channel.Unary(new CallOptions(deadline: DeadlineIn(clock, TimeSpan.FromSeconds(90)))).ResponseAsync.InTime();

        Assert.True(GrpcTimeout.TryParse(await seen.Task, out var timeout));
        Assert.Equal(TimeSpan.FromSeconds(90), timeout);
        Assert.Equal(0, clock.TimerCount);
    }

    [Fact]
    public async Task Deadline_ServerSilent_EndsTheCallAndResetsTheStream()
    {
        var clock = new ManualTimeProvider();
        var arrived = new TaskCompletionSource();
        await using var server = await ClientTestServer.StartAsync(context =>
        {
            arrived.SetResult();
            return context.WaitForAbortAsync();
        });
        using var channel = server.Connect(o => o.TimeProvider = clock);
        var call = channel.Unary(new CallOptions(deadline: DeadlineIn(clock, TimeSpan.FromSeconds(5))));
        await arrived.Task.InTime();

        clock.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromTicks(1));
        Assert.False(call.ResponseAsync.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(StatusCode.DeadlineExceeded, (await call.FailsAsync()).StatusCode);
        Assert.Equal(StatusCode.DeadlineExceeded, call.GetStatus().StatusCode);
        Assert.Equal(StatusCode.DeadlineExceeded, (await ClientTestCalls.FailsAsync(call.ResponseHeadersAsync)).StatusCode);
        await server.WaitForResetAsync();
    }

    [Fact]
    public async Task Deadline_WhileAMessageIsAwaited_EndsTheStream()
    {
        var clock = new ManualTimeProvider();
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            await context.SendAsync("first");
            await context.WaitForAbortAsync();
        });
        using var channel = server.Connect(o => o.TimeProvider = clock);
        using var call = channel.ServerStreaming(new CallOptions(deadline: DeadlineIn(clock, TimeSpan.FromSeconds(5))));
        Assert.True(await call.ResponseStream.MoveNext().InTime());
        var next = call.ResponseStream.MoveNext();

        clock.Advance(TimeSpan.FromSeconds(6));

        Assert.Equal(StatusCode.DeadlineExceeded, (await ClientTestCalls.FailsAsync(next)).StatusCode);
        await server.WaitForResetAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task Deadline_Over_EndsTheCallUnsent(int seconds)
    {
        var clock = new ManualTimeProvider();
        await using var server = await ClientTestServer.StartAsync(context => context.EndAsync());
        using var channel = server.Connect(o => o.TimeProvider = clock);

        var failure = await channel.Unary(new CallOptions(deadline: DeadlineIn(clock, TimeSpan.FromSeconds(seconds)))).FailsAsync();

        Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
        Assert.Equal(0, server.Requests);
    }

    [Fact]
    public async Task Deadline_LongerThanATimerCanBe_StillRings()
    {
        var clock = new ManualTimeProvider();
        await using var server = await ClientTestServer.StartAsync(context => context.WaitForAbortAsync());
        using var channel = server.Connect(o => o.TimeProvider = clock);
        var call = channel.Unary(new CallOptions(deadline: DeadlineIn(clock, TimeSpan.FromDays(120))));

        clock.Advance(TimeSpan.FromDays(119));
        Assert.False(call.ResponseAsync.IsCompleted);
        clock.Advance(TimeSpan.FromDays(1) + TimeSpan.FromMilliseconds(1));

        Assert.Equal(StatusCode.DeadlineExceeded, (await call.FailsAsync()).StatusCode);
    }

    [Fact]
    public async Task Deadline_LongerThanATimerCanBe_SuitsTheSystemsTimers()
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            await context.SendAsync("pong");
            await context.EndAsync();
        });
        using var channel = server.Connect();

        Assert.Equal("pong", await channel.Unary(new CallOptions(deadline: DeadlineIn(TimeProvider.System, TimeSpan.FromDays(36_500)))).ResponseAsync.InTime());
    }

    [Fact]
    public async Task Deadline_MaxValue_MeansNone()
    {
        var seen = new TaskCompletionSource<string?>();
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            seen.SetResult(context.Request.Headers["grpc-timeout"]);
            await context.SendAsync("pong");
            await context.EndAsync();
        });
        using var channel = server.Connect();

        await channel.Unary(new CallOptions(deadline: DateTime.MaxValue)).ResponseAsync.InTime();

        Assert.Null(await seen.Task);
    }

    [Fact]
    public void Deadline_NotInUtc_IsRefused()
    {
        using var channel = Grpc.Net.Client.GrpcChannel.ForAddress("http://127.0.0.1:1");

        Assert.Throws<InvalidOperationException>(() => channel.Unary(new CallOptions(deadline: new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Local))));
    }

    [Fact]
    public async Task Deadline_ThatTheServerSeesFirst_IsNotTakenForACancellation()
    {
        // The server resets with CANCEL at its deadline, before the client's timer has fired.
        var clock = new LateTimerClock();
        await using var server = await ClientTestServer.StartAsync(context =>
        {
            clock.MoveWithoutFiring(TimeSpan.FromSeconds(5));
            context.Reset(0x8);
            return Task.CompletedTask;
        });
        using var channel = server.Connect(o => o.TimeProvider = clock);

        var failure = await channel.Unary(new CallOptions(deadline: clock.GetUtcNow().UtcDateTime.AddSeconds(5))).FailsAsync();

        Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
    }

    [Fact]
    public async Task Token_CancelledUnderWay_EndsTheCallAndResetsTheStream()
    {
        using var cancellation = new CancellationTokenSource();
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            await cancellation.CancelAsync();
            await context.WaitForAbortAsync();
        });
        using var channel = server.Connect();

        var failure = await channel.Unary(new CallOptions(cancellationToken: cancellation.Token)).FailsAsync();

        Assert.Equal(StatusCode.Cancelled, failure.StatusCode);
        await server.WaitForResetAsync();
    }

    [Fact]
    public async Task Token_CancelledBefore_EndsTheCallUnsent()
    {
        await using var server = await ClientTestServer.StartAsync(context => context.EndAsync());
        using var channel = server.Connect();

        var failure = await channel.Unary(new CallOptions(cancellationToken: new CancellationToken(canceled: true))).FailsAsync();

        Assert.Equal(StatusCode.Cancelled, failure.StatusCode);
        Assert.Equal(0, server.Requests);
    }

    [Fact]
    public async Task Token_OfARead_EndsTheWholeCall()
    {
        using var cancellation = new CancellationTokenSource();
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            await context.SendAsync("first");
            await context.WaitForAbortAsync();
        });
        using var channel = server.Connect();
        using var call = channel.ServerStreaming();
        Assert.True(await call.ResponseStream.MoveNext().InTime());
        var next = call.ResponseStream.MoveNext(cancellation.Token);

        await cancellation.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await ClientTestCalls.FailsAsync(next)).StatusCode);
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
        await server.WaitForResetAsync();
    }

    [Fact]
    public async Task Dispose_UnderWay_EndsTheCallAndResetsTheStream()
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            await context.SendAsync("first");
            await context.WaitForAbortAsync();
        });
        using var channel = server.Connect();
        var call = channel.ServerStreaming();
        Assert.True(await call.ResponseStream.MoveNext().InTime());

        call.Dispose();

        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
        Assert.Equal(StatusCode.Cancelled, (await ClientTestCalls.FailsAsync(call.ResponseStream.MoveNext())).StatusCode);
        await server.WaitForResetAsync();
    }

    [Fact]
    public async Task Dispose_AfterTheEnd_LeavesTheStatus()
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            await context.SendAsync("pong");
            await context.EndAsync();
        });
        using var channel = server.Connect();
        var call = channel.Unary();
        await call.ResponseAsync.InTime();

        call.Dispose();

        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Ends_ThatRace_GiveEveryCallOneOutcome()
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            await context.SendAsync("pong");
            await context.EndAsync();
        });
        using var channel = server.Connect();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 400).Select(async i =>
        {
            using var cancellation = new CancellationTokenSource();
            var call = channel.Unary(new CallOptions(cancellationToken: cancellation.Token));
            if (i % 2 == 0)
            {
                // Somewhere between the start and the end: each call meets it elsewhere.
                await Task.Yield();
                await cancellation.CancelAsync();
            }

            try
            {
                Assert.Equal("pong", await call.ResponseAsync.InTime());
                return call.GetStatus().StatusCode;
            }
            catch (RpcException e)
            {
                Assert.Equal(e.StatusCode, call.GetStatus().StatusCode);
                return e.StatusCode;
            }
        }));

        Assert.All(outcomes.Where((_, i) => i % 2 == 1), code => Assert.Equal(StatusCode.OK, code));
        Assert.All(outcomes, code => Assert.Contains(code, new[] { StatusCode.OK, StatusCode.Cancelled }));
    }

    private static DateTime DeadlineIn(TimeProvider clock, TimeSpan left) => clock.GetUtcNow().UtcDateTime + left;

    /// <summary>A clock that moves without its timers, as a busy machine's does.</summary>
    private sealed class LateTimerClock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void MoveWithoutFiring(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);

        public override long GetTimestamp() => Interlocked.Read(ref _ticks);

        public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddTicks(GetTimestamp());

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new SilentTimer();

        private sealed class SilentTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
