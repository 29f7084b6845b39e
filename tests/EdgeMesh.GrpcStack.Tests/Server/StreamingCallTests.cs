using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace EdgeMesh.GrpcStack.Tests.Server;

public sealed class StreamingCallTests
{
    [Fact]
    public async Task ServerStreaming_ThreeMessages_ArriveInOrder()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript
        {
            ServerStreaming = async (request, answers, context) =>
            {
                context.ResponseTrailers.Add("count", "3");
                for (byte i = 0; i < 3; i++)
                {
                    await answers.WriteAsync(Message(request.Value[0], i));
                }
            },
        });

        var answer = await host.CallAsync("ServerStreaming", Frames.Of(9));

        Assert.Equal(StatusCode.OK, answer.Status);
        Assert.Equal(["3"], answer.Trailers["count"]);
        Assert.Equal([[9, 0], [9, 1], [9, 2]], answer.Messages.Select(m => Frames.Value(m.Bytes)));
    }

    [Fact]
    public async Task ServerStreaming_NoMessages_IsTrailersOnly()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript { ServerStreaming = (_, _, _) => Task.CompletedTask });

        var answer = await host.CallAsync("ServerStreaming", Frames.Of(1));

        Assert.True(answer.IsTrailersOnly);
        Assert.Equal(StatusCode.OK, answer.Status);
        Assert.True(Assert.Single(host.Frames).EndStream);
    }

    [Fact]
    public async Task ServerStreaming_ExceptionAfterMessage_StatusInTrailers()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript
        {
            ServerStreaming = async (_, answers, _) =>
            {
                await answers.WriteAsync(Message(1));
                throw new RpcException(new Status(StatusCode.OutOfRange, "no more"));
            },
        });

        var answer = await host.CallAsync("ServerStreaming", Frames.Of(1));

        Assert.Single(answer.Messages);
        Assert.Equal(["11"], answer.Trailers["grpc-status"]);
        Assert.Equal("no more", answer.Message);
    }

    [Fact]
    public async Task ClientStreaming_ManyMessages_AreSummed()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript
        {
            ClientStreaming = async (requests, _) =>
            {
                byte sum = 0;
                await foreach (var request in requests.ReadAllAsync())
                {
                    sum += request.Value[0];
                }

                return Message(sum);
            },
        });

        var answer = await host.CallAsync("ClientStreaming", [.. Frames.Of(1), .. Frames.Of(2), .. Frames.Of(39)]);

        Assert.Equal([42], Frames.Value(answer.Messages.Single().Bytes));
    }

    [Fact]
    public async Task ClientStreaming_NoMessages_IsAnEmptyStream()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript
        {
            ClientStreaming = async (requests, _) => Message(await requests.MoveNext() ? (byte)1 : (byte)0),
        });

        var answer = await host.CallAsync("ClientStreaming", []);

        Assert.Equal([0], Frames.Value(answer.Messages.Single().Bytes));
    }

    [Fact]
    public async Task ClientStreaming_AnswerBeforeRequestEnds_TellsClientToStop()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript { ClientStreaming = (_, _) => Task.FromResult(Message(5)) });
        using var call = new RawCall(host, "ClientStreaming");
        call.Send(Frames.Of(1));

        var answer = await call.ReadToEndAsync();

        Assert.Equal(StatusCode.OK, answer.Status);
        Assert.Equal([5], Frames.Value(answer.Messages.Single().Bytes));
    }

    [Fact]
    public async Task Duplex_PingPong_EachAnswerComesBeforeTheNextRequest()
    {
        await using var host = await ScriptedHost.StartAsync(Echo());
        using var call = new RawCall(host, "Duplex");
        for (byte i = 0; i < 5; i++)
        {
            call.Send(Frames.Of(i));
            Assert.Equal([i], Frames.Value((await call.ReadMessageAsync())!));
        }

        call.Complete();

        Assert.Null(await call.ReadMessageAsync());
        Assert.Equal(StatusCode.OK, (await call.ReadToEndAsync()).Status);
    }

    [Fact]
    public async Task Duplex_HeadersBeforeAnyMessage_ArriveWhileTheRequestIsSilent()
    {
        var release = new TaskCompletionSource();
        await using var host = await ScriptedHost.StartAsync(new ServiceScript
        {
            Duplex = async (_, _, context) =>
            {
                await context.WriteResponseHeadersAsync(new Metadata { { "first", "yes" } });
                await release.Task;
            },
        });
        using var call = new RawCall(host, "Duplex");

        var response = await call.ResponseAsync;

        Assert.Equal(["yes"], response.Headers.GetValues("first"));
        Assert.Equal([FrameType.Headers], host.Frames.Select(f => f.Type));
        release.SetResult();
        var answer = await call.ReadToEndAsync();
        Assert.Equal(StatusCode.OK, answer.Status);
        Assert.Equal(["0"], answer.Trailers["grpc-status"]);
    }

    [Fact]
    public async Task Duplex_ServerSpeaksFirst_ClientHears()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript
        {
            Duplex = async (requests, answers, _) =>
            {
                await answers.WriteAsync(Message(1));
                await requests.MoveNext();
                await answers.WriteAsync(requests.Current);
            },
        });
        using var call = new RawCall(host, "Duplex");

        Assert.Equal([1], Frames.Value((await call.ReadMessageAsync())!));
        call.Send(Frames.Of(2));
        Assert.Equal([2], Frames.Value((await call.ReadMessageAsync())!));
        Assert.Equal(StatusCode.OK, (await call.ReadToEndAsync()).Status);
    }

    [Fact]
    public async Task Duplex_MessageInManyPieces_IsOneMessage()
    {
        await using var host = await ScriptedHost.StartAsync(Echo());
        using var call = new RawCall(host, "Duplex");
        foreach (var b in Frames.Of(1, 2, 3))
        {
            call.Send([[b]]);
        }

        Assert.Equal([1, 2, 3], Frames.Value((await call.ReadMessageAsync())!));
    }

    [Fact]
    public async Task WriteAsync_BufferHint_WaitsForTheNextWrite()
    {
        var release = new TaskCompletionSource();
        await using var host = await ScriptedHost.StartAsync(new ServiceScript
        {
            ServerStreaming = async (_, answers, context) =>
            {
                await context.WriteResponseHeadersAsync([]);
                answers.WriteOptions = new WriteOptions(WriteFlags.BufferHint);
                await answers.WriteAsync(Message(1));
                await release.Task;
                answers.WriteOptions = null;
                await answers.WriteAsync(Message(2));
            },
        });
        using var call = new RawCall(host, "ServerStreaming");
        call.Send(Frames.Of(0));
        call.Complete();
        await call.ResponseAsync;

        var framesBefore = host.Frames.Select(f => f.Type).ToList();
        release.SetResult();
        var answer = await call.ReadToEndAsync();

        Assert.Equal([FrameType.Headers], framesBefore);
        Assert.Equal([[1], [2]], answer.Messages.Select(m => Frames.Value(m.Bytes)));
    }

    [Fact]
    public async Task WriteAsync_AfterTheHandlerReturned_Fails()
    {
        IServerStreamWriter<BytesValue>? kept = null;
        await using var host = await ScriptedHost.StartAsync(new ServiceScript
        {
            ServerStreaming = (_, answers, _) =>
            {
                kept = answers;
                return Task.CompletedTask;
            },
        });
        await host.CallAsync("ServerStreaming", Frames.Of(1));

        await Assert.ThrowsAsync<InvalidOperationException>(() => kept!.WriteAsync(Message(1)));
    }

    [Fact]
    public async Task Current_BeforeMoveNextOrAtEnd_Throws()
    {
        var faults = new List<Exception?>();
        await using var host = await ScriptedHost.StartAsync(new ServiceScript
        {
            ClientStreaming = async (requests, _) =>
            {
                faults.Add(Record.Exception(() => requests.Current));
                while (await requests.MoveNext())
                {
                }

                faults.Add(Record.Exception(() => requests.Current));
                Assert.False(await requests.MoveNext());
                return Message();
            },
        });

        var answer = await host.CallAsync("ClientStreaming", Frames.Of(1));

        Assert.Equal(StatusCode.OK, answer.Status);
        Assert.All(faults, fault => Assert.IsType<InvalidOperationException>(fault));
        Assert.Equal(2, faults.Count);
    }

    private static ServiceScript Echo() => new()
    {
        Duplex = async (requests, answers, _) =>
        {
            await foreach (var request in requests.ReadAllAsync())
            {
                await answers.WriteAsync(request);
            }
        },
    };

    private static BytesValue Message(params byte[] value) => new() { Value = ByteString.CopyFrom(value) };
}
