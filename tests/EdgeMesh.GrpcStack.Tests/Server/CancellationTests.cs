using EdgeMesh.Testing;
using Grpc.Core;

namespace EdgeMesh.GrpcStack.Tests.Server;

public sealed class CancellationTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cancel_ByClient_FiresTokenAndEndsReads(bool hasDeadline)
    {
        var started = new TaskCompletionSource();
        var read = new TaskCompletionSource<(bool WasTokenFired, Exception? Fault)>();
        await using var host = await ScriptedHost.StartAsync(new ServiceScript
        {
            Duplex = async (requests, answers, context) =>
            {
                await context.WriteResponseHeadersAsync([]);
                var cancelled = new TaskCompletionSource();
                await using var registration = context.CancellationToken.Register(cancelled.SetResult);
                var reading = requests.MoveNext();
                started.SetResult();
                await cancelled.Task;
                var fault = await Record.ExceptionAsync(() => reading);
                read.SetResult((context.CancellationToken.IsCancellationRequested, fault));
            },
        });
        using var call = hasDeadline ? new RawCall(host, "Duplex", ("grpc-timeout", "1H")) : new RawCall(host, "Duplex");
        await call.ResponseAsync;
        await started.Task.WaitAsync(TestDeadline.Default);

        await call.CancelAsync();

        var (wasTokenFired, fault) = await read.Task.WaitAsync(TestDeadline.Default);
        Assert.True(wasTokenFired);
        Assert.IsAssignableFrom<OperationCanceledException>(fault);
        host.Log.AssertNoUnexpectedErrors();
    }

    [Fact]
    public async Task Cancel_ByClient_FailsLaterWrites()
    {
        var started = new TaskCompletionSource();
        var ended = new TaskCompletionSource<Exception?>();
        await using var host = await ScriptedHost.StartAsync(new ServiceScript
        {
            ServerStreaming = async (request, answers, context) =>
            {
                ended.SetResult(await Record.ExceptionAsync(async () =>
                {
                    while (true)
                    {
                        await answers.WriteAsync(request);
                        started.TrySetResult();
                    }
                }));
            },
        });
        using var call = new RawCall(host, "ServerStreaming");
        call.Send(Frames.Of(1));
        call.Complete();
        await call.ResponseAsync;
        await started.Task.WaitAsync(TestDeadline.Default);

        await call.CancelAsync();

        Assert.IsType<InvalidOperationException>(await ended.Task.WaitAsync(TestDeadline.Default));
    }

    [Fact]
    public async Task Cancel_OfOneRead_LeavesTheCallAlive()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript
        {
            Duplex = async (requests, answers, context) =>
            {
                using var cancel = new CancellationTokenSource();
                var reading = requests.MoveNext(cancel.Token);
                await cancel.CancelAsync();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
                await context.WriteResponseHeadersAsync([]);
                Assert.True(await requests.MoveNext());
                await answers.WriteAsync(requests.Current);
            },
        });
        using var call = new RawCall(host, "Duplex");
        await call.ResponseAsync;

        call.Send(Frames.Of(3));

        Assert.Equal([3], Frames.Value((await call.ReadMessageAsync())!));
        Assert.Equal(StatusCode.OK, (await call.ReadToEndAsync()).Status);
    }

    [Fact]
    public async Task MoveNext_WhileAnotherReads_Fails()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript
        {
            ClientStreaming = async (requests, _) =>
            {
                var first = requests.MoveNext();
                await Assert.ThrowsAsync<InvalidOperationException>(() => requests.MoveNext());
                throw new RpcException(new Status(StatusCode.OK, ""));
            },
        });
        using var call = new RawCall(host, "ClientStreaming");

        Assert.Equal(StatusCode.OK, (await call.ReadToEndAsync()).Status);
    }
}
