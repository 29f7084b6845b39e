using System.IO.Compression;
using Grpc.Core;

namespace EdgeMesh.GrpcStack.Tests.Client;

/// <summary>Messages: framing, limits, compression.</summary>
public sealed class ClientMessageTests
{
    private static readonly CallOptions GzipRequests = new(new Metadata { { "grpc-internal-encoding-request", "gzip" } });

    [Fact]
    public async Task Received_LongerThanTheLimit_IsResourceExhaustedNamingSizeAndLimit()
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            await context.SendAsync(new string('x', 101));
            await context.WaitForAbortAsync();
        });
        using var channel = server.Connect(o => o.MaxReceiveMessageSize = 100);

        var failure = await channel.Unary().FailsAsync();

        Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
        Assert.Contains("101 bytes", failure.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("limit 100 bytes", failure.Status.Detail, StringComparison.Ordinal);
        await server.WaitForResetAsync();
    }

    [Fact]
    public async Task Received_AtTheLimit_IsTaken()
    {
        var text = new string('x', 100);
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            await context.SendAsync(text);
            await context.EndAsync();
        });
        using var channel = server.Connect(o => o.MaxReceiveMessageSize = 100);

        Assert.Equal(text, await channel.Unary().ResponseAsync.InTime());
    }

    [Theory]
    [InlineData(4 * 1024 * 1024, true)]
    [InlineData((4 * 1024 * 1024) + 1, false)]
    public async Task Received_ByDefault_MayHaveFourMebibytes(int sizeBytes, bool isTaken)
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            await context.SendAsync(new string('x', sizeBytes));
            await context.EndAsync();
        });
        using var channel = server.Connect();
        var call = channel.Unary();

        if (isTaken)
        {
            Assert.Equal(sizeBytes, (await call.ResponseAsync.InTime()).Length);
        }
        else
        {
            Assert.Equal(StatusCode.ResourceExhausted, (await call.FailsAsync()).StatusCode);
        }
    }

    [Fact]
    public async Task Received_GzipThatExpandsPastTheLimit_IsResourceExhausted()
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            context.Response.Headers["grpc-encoding"] = "gzip";
            await context.SendAsync(ClientTestAnswers.Frame(Gzip(new byte[1_000_000]), flag: 1));
            await context.EndAsync();
        });
        using var channel = server.Connect(o => o.MaxReceiveMessageSize = 10_000);

        Assert.Equal(StatusCode.ResourceExhausted, (await channel.Unary().FailsAsync()).StatusCode);
    }

    [Fact]
    public async Task Received_GzipOrNotPerMessage_IsTaken()
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            context.Response.Headers["grpc-encoding"] = "gzip";
            await context.SendAsync(ClientTestAnswers.Frame(Gzip("packed"u8.ToArray()), flag: 1));
            await context.SendAsync("plain");
            await context.EndAsync();
        });
        using var channel = server.Connect();
        using var call = channel.ServerStreaming();

        Assert.True(await call.ResponseStream.MoveNext().InTime());
        Assert.Equal("packed", call.ResponseStream.Current);
        Assert.True(await call.ResponseStream.MoveNext().InTime());
        Assert.Equal("plain", call.ResponseStream.Current);
        Assert.False(await call.ResponseStream.MoveNext().InTime());
    }

    [Theory]
    [InlineData("gzip", new byte[] { 1, 0, 0, 0, 2, 9, 9 }, StatusCode.Internal)]
    [InlineData(null, new byte[] { 1, 0, 0, 0, 2, 9, 9 }, StatusCode.Internal)]
    [InlineData("identity", new byte[] { 1, 0, 0, 0, 2, 9, 9 }, StatusCode.Internal)]
    [InlineData("snappy", new byte[] { 1, 0, 0, 0, 2, 9, 9 }, StatusCode.Unimplemented)]
    [InlineData(null, new byte[] { 2, 0, 0, 0, 0 }, StatusCode.Internal)]
    [InlineData(null, new byte[] { 0, 0, 0, 0, 9, 1, 2 }, StatusCode.Internal)]
    [InlineData(null, new byte[] { 0, 0, 0 }, StatusCode.Internal)]
    [InlineData(null, new byte[] { 0, 255, 255, 255, 255 }, StatusCode.ResourceExhausted)]
    public async Task Received_Malformed_EndsTheCall(string? coding, byte[] bytes, StatusCode expected)
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            if (coding is not null)
            {
                context.Response.Headers["grpc-encoding"] = coding;
            }

            await context.SendAsync(bytes);
            await context.EndAsync();
        });
        using var channel = server.Connect();
        var call = channel.Unary();

        Assert.Equal(expected, (await call.FailsAsync()).StatusCode);
        Assert.Equal(expected, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Received_ThatTheMarshallerRefuses_IsInternalWithTheCause()
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            await context.SendAsync("pong");
            await context.EndAsync();
        });
        using var channel = server.Connect();
        var refusing = Marshallers.Create<string>(_ => [], (byte[] _) => throw new FormatException("no such text"));
        var method = new Method<string, string>(MethodType.Unary, "test.v1.Texts", "Call", Marshallers.StringMarshaller, refusing);

        var failure = await channel.CreateCallInvoker().AsyncUnaryCall(method, null, default, "ping").FailsAsync();

        Assert.Equal(StatusCode.Internal, failure.StatusCode);
        Assert.IsType<FormatException>(failure.InnerException);
    }

    [Fact]
    public async Task Sent_LongerThanTheLimit_IsResourceExhaustedAndNeverSent()
    {
        await using var server = await ClientTestServer.StartAsync(context => context.EndAsync());
        using var channel = server.Connect(o => o.MaxSendMessageSize = 3);

        var failure = await channel.Unary().FailsAsync();

        Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
        Assert.Contains("4 bytes, limit 3 bytes", failure.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(0, server.Requests);
    }

    [Fact]
    public async Task Sent_ThatTheMarshallerRefuses_IsInternalAndNeverSent()
    {
        await using var server = await ClientTestServer.StartAsync(context => context.EndAsync());
        using var channel = server.Connect();
        var refusing = Marshallers.Create<string>(_ => throw new FormatException("no such text"), (byte[] _) => "");
        var method = new Method<string, string>(MethodType.Unary, "test.v1.Texts", "Call", refusing, Marshallers.StringMarshaller);

        var failure = await channel.CreateCallInvoker().AsyncUnaryCall(method, null, default, "ping").FailsAsync();

        Assert.Equal(StatusCode.Internal, failure.StatusCode);
        Assert.IsType<FormatException>(failure.InnerException);
        Assert.Equal(0, server.Requests);
    }

    [Fact]
    public async Task Sent_WithGzipChosen_IsCompressedAndSaysSo()
    {
        var seen = new TaskCompletionSource<(string? Coding, string? Internal, bool IsCompressed, byte[]? Message)>();
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            var (isCompressed, message) = await context.ReceiveFrameAsync();
            seen.SetResult((context.Request.Headers["grpc-encoding"], context.Request.Headers["grpc-internal-encoding-request"], isCompressed, message));
            await context.SendAsync("pong");
            await context.EndAsync();
        });
        using var channel = server.Connect();

        await channel.Unary(GzipRequests).ResponseAsync.InTime();

        var (coding, notSent, isCompressed, message) = await seen.Task;
        Assert.Equal("gzip", coding);
        Assert.Null(notSent);
        Assert.True(isCompressed);
        Assert.Equal("ping"u8.ToArray(), Gunzip(message!));
    }

    [Fact]
    public async Task Sent_EmptyWithGzipChosen_IsNotCompressed()
    {
        var seen = new TaskCompletionSource<(bool IsCompressed, byte[]? Message)>();
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            seen.SetResult(await context.ReceiveFrameAsync());
            await context.SendAsync("pong");
            await context.EndAsync();
        });
        using var channel = server.Connect();

        await channel.Unary(GzipRequests, "").ResponseAsync.InTime();

        var (isCompressed, message) = await seen.Task;
        Assert.False(isCompressed);
        Assert.Empty(message!);
    }

    [Fact]
    public async Task Sent_WithGzipChosenAndNoCompressPerMessage_KeepsToIt()
    {
        var flags = new TaskCompletionSource<List<bool>>();
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            var seen = new List<bool>();
            while (await context.ReceiveFrameAsync() is (var isCompressed, not null))
            {
                seen.Add(isCompressed);
            }

            flags.SetResult(seen);
            await context.SendAsync("pong");
            await context.EndAsync();
        });
        using var channel = server.Connect();
        using var call = channel.ClientStreaming(GzipRequests);

        await call.RequestStream.WriteAsync("one");
        call.RequestStream.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
        await call.RequestStream.WriteAsync("two");
        call.RequestStream.WriteOptions = null;
        await call.RequestStream.WriteAsync("three");
        await call.RequestStream.CompleteAsync();
        await call.ResponseAsync.InTime();

        Assert.Equal([true, false, true], await flags.Task);
    }

    [Fact]
    public async Task Sent_WithAnUnknownCodingChosen_IsInternalAndNeverSent()
    {
        await using var server = await ClientTestServer.StartAsync(context => context.EndAsync());
        using var channel = server.Connect();

        var failure = await channel.Unary(new CallOptions(new Metadata { { "grpc-internal-encoding-request", "snappy" } })).FailsAsync();

        Assert.Equal(StatusCode.Internal, failure.StatusCode);
        Assert.Contains("snappy", failure.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(0, server.Requests);
    }

    private static byte[] Gzip(byte[] bytes)
    {
        var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionLevel.Fastest))
        {
            stream.Write(bytes);
        }

        return packed.ToArray();
    }

    private static byte[] Gunzip(byte[] bytes)
    {
        var plain = new MemoryStream();
        using var stream = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        stream.CopyTo(plain);
        return plain.ToArray();
    }
}
