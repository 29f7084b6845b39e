using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Http;

namespace EdgeMesh.GrpcStack.Tests.Client;

public sealed class ClientChannelTests
{
    [Fact]
    public void ForAddress_BothHttpClientAndHandler_IsRefused()
    {
        using var client = new HttpClient();
        using var handler = new SocketsHttpHandler();

        Assert.Throws<ArgumentException>(() => GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpClient = client, HttpHandler = handler }));
    }

    [Theory]
    [InlineData("ftp://localhost")]
    [InlineData("dns:///localhost")]
    public void ForAddress_OtherScheme_IsRefused(string address) =>
        Assert.Throws<InvalidOperationException>(() => GrpcChannel.ForAddress(address));

    [Fact]
    public void ForAddress_Relative_IsRefused() => Assert.Throws<UriFormatException>(() => GrpcChannel.ForAddress("localhost"));

    [Fact]
    public void Target_OfAnAddress_IsHostAndPort()
    {
        using var channel = GrpcChannel.ForAddress("http://localhost:6401/ignored");

        Assert.Equal("localhost:6401", channel.Target);
    }

    [Fact]
    public void DefaultHandler_SharesNothingBetweenCalls()
    {
        using var handler = GrpcChannel.MakeHandler();

        Assert.False(handler.UseCookies);
        Assert.False(handler.UseProxy);
        Assert.False(handler.AllowAutoRedirect);
        Assert.Equal(System.Net.DecompressionMethods.None, handler.AutomaticDecompression);
        Assert.True(handler.EnableMultipleHttp2Connections);
        Assert.InRange(handler.ConnectTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Dispose_WithCallsUnderWay_EndsThem()
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            await context.SendAsync("first");
            await context.WaitForAbortAsync();
        });
        var channel = server.Connect();
        var call = channel.ServerStreaming();
        Assert.True(await call.ResponseStream.MoveNext().InTime());
        var next = call.ResponseStream.MoveNext();

        channel.Dispose();

        Assert.Equal(StatusCode.Cancelled, (await ClientTestCalls.FailsAsync(next)).StatusCode);
        await server.WaitForResetAsync();
    }

    [Fact]
    public async Task Dispose_Twice_AndCallsAfterwards_AreRefused()
    {
        var channel = GrpcChannel.ForAddress("http://localhost:1");
        var invoker = channel.CreateCallInvoker();

        await channel.ShutdownAsync();
        channel.Dispose();

        Assert.Throws<ObjectDisposedException>(channel.CreateCallInvoker);
        Assert.Throws<ObjectDisposedException>(() => { invoker.AsyncUnaryCall(ClientTestCalls.Method(MethodType.Unary), null, default, "ping"); });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Dispose_GivenHandler_IsDisposedOnlyIfAsked(bool isAsked)
    {
        using var handler = new ObservedHandler(new SocketsHttpHandler());

        GrpcChannel.ForAddress("http://localhost:1", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = isAsked }).Dispose();

        Assert.Equal(isAsked, handler.IsDisposed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Dispose_GivenClient_IsDisposedOnlyIfAsked(bool isAsked)
    {
        using var handler = new ObservedHandler(new SocketsHttpHandler());
        using var client = new HttpClient(handler);

        GrpcChannel.ForAddress("http://localhost:1", new GrpcChannelOptions { HttpClient = client, DisposeHttpClient = isAsked }).Dispose();

        Assert.Equal(isAsked, handler.IsDisposed);
    }

    [Fact]
    public async Task HttpClient_Given_StreamsWithoutBufferingTheResponse()
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            await context.SendAsync("first");
            Assert.Equal("go on", await context.ReceiveAsync());
            await context.EndAsync();
        });
        using var client = new HttpClient(new SocketsHttpHandler());
        using var channel = server.Connect(o => o.HttpClient = client);
        using var call = channel.Duplex();

        Assert.True(await call.ResponseStream.MoveNext().InTime());
        await call.RequestStream.WriteAsync("go on").InTime();
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext().InTime());
    }

    [Fact]
    public async Task Calls_ManyAtOnce_AllSucceed()
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            await context.SendAsync((await context.ReceiveAsync())!);
            await context.EndAsync();
        });
        using var channel = server.Connect();

        // More than Kestrel's 100 streams per connection.
        var texts = Enumerable.Range(0, 300).Select(i => $"{i}").ToList();
        var answers = await Task.WhenAll(texts.Select(text => channel.Unary(default, text).ResponseAsync)).InTime();

        Assert.Equal(texts, answers);
    }

    [Fact]
    public async Task Calls_ServerGoneAndBack_FailAndSucceedAgain()
    {
        async Task AnswerAsync(HttpContext context)
        {
            await context.SendAsync("pong");
            await context.EndAsync();
        }

        var server = await ClientTestServer.StartAsync(AnswerAsync);
        var port = server.Address.Port;
        using var channel = server.Connect();
        Assert.Equal("pong", await channel.Unary().ResponseAsync.InTime());

        await server.DisposeAsync();
        Assert.Equal(StatusCode.Unavailable, (await channel.Unary().FailsAsync()).StatusCode);

        await using var next = await ClientTestServer.StartAsync(AnswerAsync, port: port);
        Assert.Equal("pong", await channel.Unary().ResponseAsync.InTime());
    }

    [Fact]
    public async Task Calls_RefusedStream_AreSentAgain()
    {
        // REFUSED_STREAM says that nothing was done: any call may be repeated (RFC 9113 section 8.7).
        var requests = 0;
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            if (Interlocked.Increment(ref requests) == 1)
            {
                context.Reset(0x7);
                return;
            }

            await context.SendAsync((await context.ReceiveAsync())!);
            await context.EndAsync();
        });
        using var channel = server.Connect();

        Assert.Equal("ping", await channel.Unary().ResponseAsync.InTime());
        Assert.Equal(2, requests);
    }

    private sealed class ObservedHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        public bool IsDisposed { get; private set; }

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }
    }
}
