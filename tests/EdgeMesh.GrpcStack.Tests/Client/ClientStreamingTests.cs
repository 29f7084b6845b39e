using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace EdgeMesh.GrpcStack.Tests.Client;

public sealed class ClientStreamingTests
{
    [Fact]
    public async Task ServerStreaming_Messages_ComeInOrderUntilTheEnd()
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            await context.SendAsync([.. ClientTestAnswers.Frame("one"), .. ClientTestAnswers.Frame(""), .. ClientTestAnswers.Frame("three")]);
            await context.EndAsync(0, null, ("x-end", "last"));
        });
        using var channel = server.Connect();
        using var call = channel.ServerStreaming();
        var messages = new List<string>();

        await foreach (var message in call.ResponseStream.ReadAllAsync())
        {
            messages.Add(message);
        }

        Assert.Equal(["one", "", "three"], messages);
        Assert.Equal("last", call.GetTrailers().GetValue("x-end"));
        Assert.False(await call.ResponseStream.MoveNext());
        Assert.Throws<InvalidOperationException>(() => call.ResponseStream.Current);
    }

    [Fact]
    public async Task ServerStreaming_ErrorAfterMessages_ComesLastAndStays()
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            await context.SendAsync("one");
            await context.EndAsync((int)StatusCode.Aborted, "enough");
        });
        using var channel = server.Connect();
        using var call = channel.ServerStreaming();

        Assert.True(await call.ResponseStream.MoveNext().InTime());
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(new Status(StatusCode.Aborted, "enough"), (await ClientTestCalls.FailsAsync(call.ResponseStream.MoveNext())).Status);
        }
    }

    [Fact]
    public async Task ServerStreaming_TwoReadsAtOnce_FailTheSecondOnly()
    {
        var release = new TaskCompletionSource();
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            await context.BeginAsync();
            await release.Task;
            await context.SendAsync("one");
            await context.EndAsync();
        });
        using var channel = server.Connect();
        using var call = channel.ServerStreaming();

        var first = call.ResponseStream.MoveNext();
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.ResponseStream.MoveNext());
        release.SetResult();

        Assert.True(await first.InTime());
        Assert.Equal("one", call.ResponseStream.Current);
    }

    [Fact]
    public async Task Duplex_ServerThatSpeaksFirst_IsHeardBeforeAnythingIsWritten()
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            await context.SendAsync("hello");
            Assert.Equal("hello yourself", await context.ReceiveAsync());
            Assert.Null(await context.ReceiveAsync());
            await context.EndAsync();
        });
        using var channel = server.Connect();
        using var call = channel.Duplex();

        Assert.True(await call.ResponseStream.MoveNext().InTime());
        Assert.Equal("hello", call.ResponseStream.Current);
        await call.RequestStream.WriteAsync("hello yourself").InTime();
        await call.RequestStream.CompleteAsync();

        Assert.False(await call.ResponseStream.MoveNext().InTime());
    }

    [Fact]
    public async Task Duplex_EchoOneByOne_NeitherSideWaitsForMore()
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            while (await context.ReceiveAsync() is { } message)
            {
                await context.SendAsync($"re: {message}");
            }

            await context.EndAsync();
        });
        using var channel = server.Connect();
        using var call = channel.Duplex();

        foreach (var text in (string[])["a", "", new string('z', 200_000)])
        {
            await call.RequestStream.WriteAsync(text).InTime();
            Assert.True(await call.ResponseStream.MoveNext().InTime());
            Assert.Equal($"re: {text}", call.ResponseStream.Current);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext().InTime());
    }

    [Fact]
    public async Task ClientStreaming_AnswerBeforeTheRequestsEnd_IsTheOutcome()
    {
        // The answer waits for the first write's end: else it may overtake it, and the write fails with it.
        using var written = new SemaphoreSlim(0);
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            Assert.Equal("one", await context.ReceiveAsync());
            await written.WaitAsync();
            await context.TrailersOnlyAsync("3", "one was enough");
        });
        using var channel = server.Connect();
        using var call = channel.ClientStreaming();

        await call.RequestStream.WriteAsync("one").InTime();
        written.Release();
        var failure = await ClientTestCalls.FailsAsync(call.ResponseAsync);

        Assert.Equal(new Status(StatusCode.InvalidArgument, "one was enough"), failure.Status);
        Assert.Equal(failure.Status, (await ClientTestCalls.FailsAsync(call.RequestStream.WriteAsync("two"))).Status);
        await call.RequestStream.CompleteAsync();
    }

    [Fact]
    public async Task ClientStreaming_OkBeforeTheRequestsEnd_LeavesNothingToWriteTo()
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            await context.SendAsync("enough");
            await context.EndAsync();
        });
        using var channel = server.Connect();
        using var call = channel.ClientStreaming();

        Assert.Equal("enough", await call.ResponseAsync.InTime());

        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync("more").InTime());
    }

    [Fact]
    public async Task ClientStreaming_WriteWithoutFlowControlCredit_WaitsAndEndsWithTheCall()
    {
        await using var server = await ClientTestServer.StartAsync(context => context.WaitForAbortAsync());
        using var channel = server.Connect();
        using var cancellation = new CancellationTokenSource();
        using var call = channel.ClientStreaming(new CallOptions(cancellationToken: cancellation.Token));

        // The server reads nothing: its window is less than this.
        var write = call.RequestStream.WriteAsync(new string('x', 8_000_000));
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync("two"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.CompleteAsync());
        Assert.False(write.IsCompleted);
        await cancellation.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await ClientTestCalls.FailsAsync(write)).StatusCode);
        Assert.Equal(StatusCode.Cancelled, (await ClientTestCalls.FailsAsync(call.ResponseAsync)).StatusCode);
        await server.WaitForResetAsync();
    }

    [Fact]
    public async Task ClientStreaming_WriteAfterComplete_IsRefused()
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            Assert.Null(await context.ReceiveAsync());
            await context.SendAsync("pong");
            await context.EndAsync();
        });
        using var channel = server.Connect();
        using var call = channel.ClientStreaming();

        await call.RequestStream.CompleteAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync("late"));
        Assert.Equal("pong", await call.ResponseAsync.InTime());
    }

    [Fact]
    public async Task ClientStreaming_TokenOfAWrite_EndsTheWholeCall()
    {
        await using var server = await ClientTestServer.StartAsync(context => context.WaitForAbortAsync());
        using var channel = server.Connect();
        using var cancellation = new CancellationTokenSource();
        using var call = channel.ClientStreaming();
        var write = call.RequestStream.WriteAsync(new string('x', 8_000_000), cancellation.Token);

        await cancellation.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await ClientTestCalls.FailsAsync(write)).StatusCode);
        Assert.Equal(StatusCode.Cancelled, (await ClientTestCalls.FailsAsync(call.ResponseAsync)).StatusCode);
    }

    [Fact]
    public async Task ClientStreaming_BufferHints_ArriveWithTheEnd()
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            var messages = new List<string>();
            while (await context.ReceiveAsync() is { } message)
            {
                messages.Add(message);
            }

            await context.SendAsync(string.Join('+', messages));
            await context.EndAsync();
        });
        using var channel = server.Connect();
        using var call = channel.ClientStreaming(new CallOptions(writeOptions: new WriteOptions(WriteFlags.BufferHint)));

        for (var i = 0; i < 3; i++)
        {
            await call.RequestStream.WriteAsync($"{i}").InTime();
        }

        await call.RequestStream.CompleteAsync();

        Assert.Equal("0+1+2", await call.ResponseAsync.InTime());
    }

    [Fact]
    public async Task Dispose_WhileTheServerReads_ResetsTheStream()
    {
        await using var server = await ClientTestServer.StartAsync(context => context.WaitForAbortAsync());
        using var channel = server.Connect();
        var call = channel.Duplex();
        await call.RequestStream.WriteAsync("one").InTime();

        call.Dispose();

        await server.WaitForResetAsync();
        Assert.Equal(StatusCode.Cancelled, (await ClientTestCalls.FailsAsync(call.RequestStream.WriteAsync("two"))).StatusCode);
    }

    [Fact]
    public async Task Start_DeadlineOver_GivesACallObjectThatHasEnded()
    {
        await using var server = await ClientTestServer.StartAsync(context => context.EndAsync());
        using var channel = server.Connect();
        using var call = channel.Duplex(new CallOptions(deadline: DateTime.MinValue));

        Assert.Equal(StatusCode.DeadlineExceeded, (await ClientTestCalls.FailsAsync(call.RequestStream.WriteAsync("one"))).StatusCode);
        Assert.Equal(StatusCode.DeadlineExceeded, (await ClientTestCalls.FailsAsync(call.ResponseStream.MoveNext())).StatusCode);
        Assert.Equal(StatusCode.DeadlineExceeded, call.GetStatus().StatusCode);
        Assert.Equal(0, server.Requests);
    }
}
