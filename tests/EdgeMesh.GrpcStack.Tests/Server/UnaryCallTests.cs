using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace EdgeMesh.GrpcStack.Tests.Server;

public sealed class UnaryCallTests
{
    [Fact]
    public async Task Unary_Success_SendsHeadersMessageTrailers()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript());

        var answer = await host.CallAsync("Unary", Frames.Of(1, 2, 3));

        Assert.Equal(200, answer.HttpStatus);
        Assert.Equal(["application/grpc"], answer.Headers["content-type"]);
        Assert.Equal(["identity,gzip"], answer.Headers["grpc-accept-encoding"]);
        Assert.Equal(StatusCode.OK, answer.Status);
        Assert.Equal(["0"], answer.Trailers["grpc-status"]);
        Assert.False(answer.Trailers.ContainsKey("grpc-message"));
        var (isCompressed, bytes) = Assert.Single(answer.Messages);
        Assert.False(isCompressed);
        Assert.Equal([1, 2, 3], Frames.Value(bytes));
        Assert.Equal([FrameType.Headers, FrameType.Data, FrameType.Headers], host.Frames.Select(f => f.Type));
        Assert.Equal([false, false, true], host.Frames.Select(f => f.EndStream));
    }

    [Fact]
    public async Task Unary_EmptyMessage_IsFiveBytes()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript());

        var answer = await host.CallAsync("Unary", Frames.Of());

        Assert.Equal(new byte[5], answer.Body);
        Assert.Equal(StatusCode.OK, answer.Status);
    }

    [Fact]
    public async Task Unary_FourMebibytes_Echoed()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript());
        var value = new byte[(4 * 1024 * 1024) - 64];
        new Random(1).NextBytes(value);

        var answer = await host.CallAsync("Unary", Frames.Of(value));

        Assert.Equal(StatusCode.OK, answer.Status);
        Assert.Equal(value, Frames.Value(answer.Messages.Single().Bytes));
    }

    [Fact]
    public async Task Unary_RpcException_IsOneHeadersFrame()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript
        {
            Unary = (_, _) => throw new RpcException(new Status(StatusCode.NotFound, "no 100 % \t\u00e9\U0001f600"), new Metadata { { "a-text", "1" }, { "a-text", "2" }, { "grpc-status-details-bin", [1, 2, 255] } }),
        });

        var answer = await host.CallAsync("Unary", Frames.Of(1));

        Assert.True(answer.IsTrailersOnly);
        Assert.Equal(StatusCode.NotFound, answer.Status);
        Assert.Equal(["no 100 %25 %09%C3%A9%F0%9F%98%80"], answer.Headers["grpc-message"]);
        Assert.Equal(["1", "2"], answer.Headers["a-text"]);
        Assert.Equal(["AQL/"], answer.Headers["grpc-status-details-bin"]);
        var frame = Assert.Single(host.Frames);
        Assert.Equal(FrameType.Headers, frame.Type);
        Assert.True(frame.EndStream);
        host.Log.AssertNoUnexpectedErrors();
    }

    [Fact]
    public async Task Unary_ResponseTrailersThenException_SendsBoth()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript
        {
            Unary = (_, context) =>
            {
                context.ResponseTrailers.Add("from-context", "1");
                throw new RpcException(new Status(StatusCode.Aborted, ""), new Metadata { { "from-exception", "2" }, { "grpc-status", "0" }, { "unsendable", "a\r\nb" } });
            },
        });

        var answer = await host.CallAsync("Unary", Frames.Of(1));

        Assert.Equal(StatusCode.Aborted, answer.Status);
        Assert.Equal(["1"], answer.Headers["from-context"]);
        Assert.Equal(["2"], answer.Headers["from-exception"]);
        Assert.False(answer.Headers.ContainsKey("unsendable"));
        Assert.Contains(host.Log.Lines, line => line.EventId.Id == 1105);
    }

    [Theory]
    [InlineData(false, "Exception was thrown by handler.")]
    [InlineData(true, "Exception was thrown by handler. FormatException: a secret")]
    public async Task Unary_UnhandledException_IsUnknownAndLogged(bool isDetailed, string message)
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript { Unary = (_, _) => throw new FormatException("a secret") }, options => options.EnableDetailedErrors = isDetailed);

        var answer = await host.CallAsync("Unary", Frames.Of(1));

        Assert.True(answer.IsTrailersOnly);
        Assert.Equal(StatusCode.Unknown, answer.Status);
        Assert.Equal(message, answer.Message);
        Assert.Contains(host.Log.Lines, line => line.EventId.Id == 1100 && line.Exception is FormatException);
    }

    [Fact]
    public async Task Unary_HeadersSentThenException_StatusInTrailers()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript
        {
            Unary = async (_, context) =>
            {
                await context.WriteResponseHeadersAsync(new Metadata { { "early", "yes" }, { "early-bin", [0] }, { "early-bin", [1, 2] } });
                throw new RpcException(new Status(StatusCode.DataLoss, "gone"));
            },
        });

        var answer = await host.CallAsync("Unary", Frames.Of(1));

        Assert.Equal(["yes"], answer.Headers["early"]);
        Assert.Equal(["AA", "AQI"], answer.Headers["early-bin"]);
        Assert.False(answer.Headers.ContainsKey("grpc-status"));
        Assert.Equal(["15"], answer.Trailers["grpc-status"]);
        Assert.Equal("gone", answer.Message);
    }

    [Fact]
    public async Task Unary_HeadersSentTwice_SecondFails()
    {
        Exception? second = null;
        await using var host = await ScriptedHost.StartAsync(new ServiceScript
        {
            Unary = async (request, context) =>
            {
                await context.WriteResponseHeadersAsync([]);
                second = await Record.ExceptionAsync(() => context.WriteResponseHeadersAsync([]));
                return request;
            },
        });

        var answer = await host.CallAsync("Unary", Frames.Of(1));

        Assert.Equal(StatusCode.OK, answer.Status);
        Assert.IsType<InvalidOperationException>(second);
    }

    [Fact]
    public async Task Unary_StatusSetToError_SendsNoMessage()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript
        {
            Unary = (request, context) =>
            {
                context.Status = new Status(StatusCode.FailedPrecondition, "set");
                return Task.FromResult(request);
            },
        });

        var answer = await host.CallAsync("Unary", Frames.Of(1));

        Assert.True(answer.IsTrailersOnly);
        Assert.Equal(StatusCode.FailedPrecondition, answer.Status);
        Assert.Equal("set", answer.Message);
    }

    [Fact]
    public async Task Unary_NullAnswer_IsCancelled()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript { Unary = (_, _) => Task.FromResult<BytesValue>(null!) });

        var answer = await host.CallAsync("Unary", Frames.Of(1));

        Assert.Equal(StatusCode.Cancelled, answer.Status);
        Assert.Equal("No message returned from method.", answer.Message);
    }

    [Fact]
    public async Task Unary_Context_SaysWhatTheRequestSays()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript
        {
            Unary = (_, context) =>
            {
                Assert.Equal("/test.TestService/Unary", context.Method);
                Assert.Matches("^ipv4:127.0.0.1:[0-9]+$", context.Peer);
                Assert.Equal(context.GetHttpContext().Request.Host.Value, context.Host);
                Assert.Equal(DateTime.MaxValue, context.Deadline);
                Assert.False(context.AuthContext.IsPeerAuthenticated);
                Assert.True(context.RequestHeaders.IsReadOnly);
                context.UserState["k"] = "v";
                Assert.Equal("v", context.GetHttpContext().Items["k"]);
                return Task.FromResult(new BytesValue { Value = ByteString.CopyFrom(7) });
            },
        });

        var answer = await host.CallAsync("Unary", Frames.Of(1));

        Assert.Equal(StatusCode.OK, answer.Status);
        Assert.Equal([7], Frames.Value(answer.Messages.Single().Bytes));
    }
}
