using EdgeMesh.Testing;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace EdgeMesh.GrpcStack.Tests.Server;

public sealed class DeadlineTests
{
    private readonly ManualTimeProvider _clock = new();

    public static TheoryData<string, TimeSpan> Units => new()
    {
        { "3H", TimeSpan.FromHours(3) },
        { "3M", TimeSpan.FromMinutes(3) },
        { "3S", TimeSpan.FromSeconds(3) },
        { "3m", TimeSpan.FromMilliseconds(3) },
        { "3u", TimeSpan.FromMicroseconds(3) },
        { "300n", TimeSpan.FromTicks(3) },
    };

    [Theory]
    [MemberData(nameof(Units))]
    public async Task Deadline_EveryUnit_IsSeenAndFiresOnTime(string header, TimeSpan timeout)
    {
        var started = new TaskCompletionSource<DateTime>();
        await using var host = await ScriptedHost.StartAsync(
            new ServiceScript
            {
                Unary = (request, context) =>
                {
                    started.SetResult(context.Deadline);
                    return UntilCancelledAsync(request, context.CancellationToken);
                },
            },
            clock: _clock);
        var start = _clock.GetUtcNow().UtcDateTime;
        var call = host.CallAsync("Unary", Frames.Of(1), ("grpc-timeout", header));

        Assert.Equal(start + timeout, await started.Task.WaitAsync(TestDeadline.Default));
        _clock.Advance(timeout - TimeSpan.FromTicks(1));
        Assert.Equal(1, _clock.TimerCount);
        _clock.Advance(TimeSpan.FromTicks(1));

        var answer = await call;
        Assert.True(answer.IsTrailersOnly);
        Assert.Equal(StatusCode.DeadlineExceeded, answer.Status);
        Assert.Equal(0, _clock.TimerCount);
    }

    [Fact]
    public async Task Deadline_HandlerHangsOn_CallerIsToldAtOnce()
    {
        var started = new TaskCompletionSource<CancellationToken>();
        var release = new TaskCompletionSource();
        var returned = new TaskCompletionSource();
        await using var host = await ScriptedHost.StartAsync(
            new ServiceScript
            {
                Unary = async (request, context) =>
                {
                    started.SetResult(context.CancellationToken);
                    await release.Task;
                    returned.SetResult();
                    return request;
                },
            },
            clock: _clock);
        var call = host.CallAsync("Unary", Frames.Of(1), ("grpc-timeout", "1S"));
        var token = await started.Task.WaitAsync(TestDeadline.Default);

        _clock.Advance(TimeSpan.FromSeconds(1));
        var answer = await call;

        Assert.Equal(StatusCode.DeadlineExceeded, answer.Status);
        Assert.False(returned.Task.IsCompleted);
        await CancelledAsync(token);
        release.SetResult();
        await returned.Task.WaitAsync(TestDeadline.Default);
        host.Log.AssertNoUnexpectedErrors();
    }

    [Fact]
    public async Task Deadline_ClientStillSending_GetsStatusAndStops()
    {
        var started = new TaskCompletionSource();
        Exception? readFault = null;
        var ended = new TaskCompletionSource();
        await using var host = await ScriptedHost.StartAsync(
            new ServiceScript
            {
                Duplex = async (requests, answers, context) =>
                {
                    await requests.MoveNext();
                    await answers.WriteAsync(requests.Current);
                    started.SetResult();
                    readFault = await Record.ExceptionAsync(() => requests.MoveNext());
                    ended.SetResult();
                },
            },
            clock: _clock);
        using var call = new RawCall(host, "Duplex", ("grpc-timeout", "1S"));
        call.Send(Frames.Of(7));
        Assert.Equal([7], Frames.Value((await call.ReadMessageAsync())!));
        await started.Task.WaitAsync(TestDeadline.Default);

        _clock.Advance(TimeSpan.FromSeconds(1));
        var answer = await call.ReadToEndAsync();

        Assert.Equal(["4"], answer.Trailers["grpc-status"]);
        await ended.Task.WaitAsync(TestDeadline.Default);
        Assert.IsAssignableFrom<OperationCanceledException>(readFault);
        Assert.Equal(FrameType.Headers, host.Frames[2].Type);
        Assert.True(host.Frames[2].EndStream);
    }

    [Fact]
    public async Task Deadline_WriteWaitsForSlowReader_IsReleased()
    {
        var blocked = new TaskCompletionSource<bool>();
        var ended = new TaskCompletionSource<Exception?>();
        await using var host = await ScriptedHost.StartAsync(
            new ServiceScript
            {
                ServerStreaming = async (request, answers, _) =>
                {
                    // More than the flow control windows and the server's buffer hold together, to a client that does not read.
                    var write = answers.WriteAsync(new BytesValue { Value = ByteString.CopyFrom(new byte[1024 * 1024]) });
                    blocked.SetResult(!write.IsCompleted);
                    await write;
                    ended.SetResult(await Record.ExceptionAsync(() => answers.WriteAsync(request)));
                },
            },
            clock: _clock);
        using var call = new RawCall(host, "ServerStreaming", ("grpc-timeout", "1S"));
        call.Send(Frames.Of(1));
        call.Complete();
        Assert.True(await blocked.Task.WaitAsync(TestDeadline.Default));

        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.IsType<InvalidOperationException>(await ended.Task.WaitAsync(TestDeadline.Default));
        Assert.Equal(["4"], (await call.ReadToEndAsync()).Trailers["grpc-status"]);
    }

    [Fact]
    public async Task Deadline_Zero_IsExceededAtOnce()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript { Unary = (request, context) => UntilCancelledAsync(request, context.CancellationToken) });

        var answer = await host.CallAsync("Unary", Frames.Of(1), ("grpc-timeout", "0n"));

        Assert.Equal(StatusCode.DeadlineExceeded, answer.Status);
    }

    [Fact]
    public async Task Deadline_LongestPossible_IsNotExceeded()
    {
        DateTime deadline = default;
        await using var host = await ScriptedHost.StartAsync(new ServiceScript
        {
            Unary = (request, context) =>
            {
                deadline = context.Deadline;
                return Task.FromResult(request);
            },
        });

        var answer = await host.CallAsync("Unary", Frames.Of(1), ("grpc-timeout", "99999999H"));

        Assert.Equal(StatusCode.OK, answer.Status);
        Assert.Equal(DateTime.MaxValue, deadline);
    }

    [Fact]
    public async Task Deadline_BeyondATimersReach_StillFires()
    {
        var started = new TaskCompletionSource();
        await using var host = await ScriptedHost.StartAsync(
            new ServiceScript
            {
                Unary = (request, context) =>
                {
                    started.SetResult();
                    return UntilCancelledAsync(request, context.CancellationToken);
                },
            },
            clock: _clock);
        var call = host.CallAsync("Unary", Frames.Of(1), ("grpc-timeout", "2400H"));
        await started.Task.WaitAsync(TestDeadline.Default);

        _clock.Advance(TimeSpan.FromHours(2399));
        Assert.Equal(1, _clock.TimerCount);
        _clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal(StatusCode.DeadlineExceeded, (await call).Status);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("S")]
    [InlineData("1s")]
    [InlineData("-1S")]
    [InlineData("123456789S")]
    [InlineData("1 S")]
    [InlineData("")]
    public async Task Deadline_Malformed_IsSaid(string header)
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript());

        var answer = await host.CallAsync("Unary", Frames.Of(1), ("grpc-timeout", header));

        Assert.True(answer.IsTrailersOnly);
        Assert.Equal(StatusCode.Internal, answer.Status);
        Assert.Contains("grpc-timeout", answer.Message, StringComparison.Ordinal);
    }

    private static async Task<BytesValue> UntilCancelledAsync(BytesValue request, CancellationToken token)
    {
        await CancelledAsync(token);
        token.ThrowIfCancellationRequested();
        return request;
    }

    private static async Task CancelledAsync(CancellationToken token)
    {
        var cancelled = new TaskCompletionSource();
        await using var registration = token.Register(cancelled.SetResult);
        await cancelled.Task.WaitAsync(TestDeadline.Default);
    }
}
