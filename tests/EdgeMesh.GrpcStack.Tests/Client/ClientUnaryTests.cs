using System.Net;
using EdgeMesh.Testing;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Http;

namespace EdgeMesh.GrpcStack.Tests.Client;

public sealed class ClientUnaryTests
{
    [Fact]
    public async Task Unary_Request_HasTheHeadersAndTheFrameOfTheProtocol()
    {
        var seen = new TaskCompletionSource<(string Method, string Path, string Protocol, IHeaderDictionary Headers, byte[] Body)>();
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            seen.SetResult((context.Request.Method, context.Request.Path, context.Request.Protocol, context.CopyRequestHeaders(), body.ToArray()));
            await context.SendAsync("pong");
            await context.EndAsync();
        });
        using var channel = server.Connect();

        Assert.Equal("pong", await channel.Unary().ResponseAsync.InTime());

        var (method, path, protocol, headers, body) = await seen.Task;
        Assert.Equal(("POST", ClientTestCalls.Path, "HTTP/2"), (method, path, protocol));
        Assert.Equal("application/grpc", headers["content-type"]);
        Assert.Equal("trailers", headers["te"]);
        Assert.Equal("identity,gzip", headers["grpc-accept-encoding"]);
        Assert.StartsWith("grpc-dotnet-edgemesh/", headers["user-agent"]);
        Assert.False(headers.ContainsKey("grpc-timeout"));
        Assert.False(headers.ContainsKey("grpc-encoding"));
        Assert.Equal([0, 0, 0, 0, 4, .. "ping"u8], body);
    }

    [Fact]
    public async Task Unary_Answer_GivesHeadersMessageStatusAndTrailers()
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            context.Response.Headers["x-initial"] = "first";
            await context.SendAsync("pong");
            await context.EndAsync(0, null, ("x-final-bin", "AQI"));
        });
        using var channel = server.Connect();
        var call = channel.Unary();

        Assert.Equal("first", (await call.ResponseHeadersAsync.InTime()).GetValue("x-initial"));
        Assert.Equal("pong", await call);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.Equal([1, 2], call.GetTrailers().GetValueBytes("x-final-bin"));
    }

    [Fact]
    public async Task Unary_HeadersBeforeTheMessage_AreGivenAtOnce()
    {
        var release = new TaskCompletionSource();
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            context.Response.Headers["x-initial"] = "first";
            await context.BeginAsync();
            await release.Task;
            await context.SendAsync("pong");
            await context.EndAsync();
        });
        using var channel = server.Connect();
        var call = channel.Unary();

        var headers = await call.ResponseHeadersAsync.InTime();

        Assert.Equal("first", headers.GetValue("x-initial"));
        Assert.False(call.ResponseAsync.IsCompleted);
        Assert.Throws<InvalidOperationException>(() => call.GetStatus());
        Assert.Throws<InvalidOperationException>(() => call.GetTrailers());
        release.SetResult();
        Assert.Equal("pong", await call.ResponseAsync.InTime());
    }

    [Fact]
    public async Task Unary_ErrorInTrailersAfterAMessage_IsTheOutcome()
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            await context.SendAsync("pong");
            await context.EndAsync((int)StatusCode.DataLoss, "half%20of%20it");
        });
        using var channel = server.Connect();

        var failure = await channel.Unary().FailsAsync();

        Assert.Equal(new Status(StatusCode.DataLoss, "half of it"), failure.Status);
    }

    [Fact]
    public async Task Unary_OkWithoutAMessage_IsInternal()
    {
        await using var server = await ClientTestServer.StartAsync(context => context.EndAsync());
        using var channel = server.Connect();

        Assert.Equal(StatusCode.Internal, (await channel.Unary().FailsAsync()).StatusCode);
    }

    [Fact]
    public async Task Unary_TrailersOnlyOkWithoutAMessage_IsInternal()
    {
        await using var server = await ClientTestServer.StartAsync(context => context.TrailersOnlyAsync("0"));
        using var channel = server.Connect();

        Assert.Equal(StatusCode.Internal, (await channel.Unary().FailsAsync()).StatusCode);
    }

    [Fact]
    public async Task Unary_TwoMessages_IsInternal()
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            await context.SendAsync("one");
            await context.SendAsync("two");
            await context.EndAsync();
        });
        using var channel = server.Connect();
        var call = channel.Unary();

        Assert.Equal(StatusCode.Internal, (await call.FailsAsync()).StatusCode);
        Assert.Equal(StatusCode.Internal, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task BlockingUnaryCall_Answer_IsReturned()
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            await context.SendAsync("pong");
            await context.EndAsync();
        });
        using var channel = server.Connect();
        var invoker = channel.CreateCallInvoker();

        var response = await Task.Run(() => invoker.BlockingUnaryCall(ClientTestCalls.Method(MethodType.Unary), null, default, "ping")).InTime();

        Assert.Equal("pong", response);
    }

    [Fact]
    public async Task Unary_NobodyListens_IsUnavailableWithTheCause()
    {
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{FreePort.Take()}");

        var failure = await channel.Unary().FailsAsync();

        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.IsType<HttpRequestException>(failure.Status.DebugException);
        Assert.Same(failure.Status.DebugException, failure.InnerException);
    }

    [Fact]
    public async Task Unary_HostGiven_IsTheAuthority()
    {
        var authority = new TaskCompletionSource<string>();
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            authority.SetResult(context.Request.Host.Value!);
            await context.SendAsync("pong");
            await context.EndAsync();
        });
        using var channel = server.Connect();

        await channel.CreateCallInvoker().AsyncUnaryCall(ClientTestCalls.Method(MethodType.Unary), "shop.example:81", default, "ping").ResponseAsync.InTime();

        Assert.Equal("shop.example:81", await authority.Task);
    }

    [Fact]
    public async Task Unary_OverTls_UsesHttp2()
    {
        using var certificate = new TestCertificate();
        await using var server = await ClientTestTls.StartAsync(certificate, async context =>
        {
            await context.SendAsync(context.Request.Protocol);
            await context.EndAsync();
        });
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, theirs, _, _) => theirs?.GetCertHashString() == certificate.Certificate.GetCertHashString();
        using var channel = GrpcChannel.ForAddress(server.Urls.Single(), new GrpcChannelOptions { HttpHandler = handler });

        Assert.Equal("HTTP/2", await channel.Unary().ResponseAsync.InTime());
    }
}
