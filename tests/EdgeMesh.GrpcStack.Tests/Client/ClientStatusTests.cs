using System.Net;
using System.Net.Sockets;
using EdgeMesh.Testing;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EdgeMesh.GrpcStack.Tests.Client;

public sealed class ClientStatusTests
{
    [Fact]
    public async Task TrailersOnly_ErrorWithDetails_IsTheOutcomeWithItsTrailers()
    {
        var details = new Google.Rpc.Status { Code = 5, Message = "no such tea \u2615" };
        await using var server = await ClientTestServer.StartAsync(context =>
        {
            context.Response.Headers["grpc-status-details-bin"] = Convert.ToBase64String(details.ToByteArray()).TrimEnd('=');
            return context.TrailersOnlyAsync("5", "no such tea %E2%98%95");
        });
        using var channel = server.Connect();
        var call = channel.Unary();

        var failure = await call.FailsAsync();

        Assert.Equal(new Status(StatusCode.NotFound, "no such tea \u2615"), failure.Status);
        Assert.Equal(details, Google.Rpc.Status.Parser.ParseFrom(failure.Trailers.GetValueBytes("grpc-status-details-bin")));
        Assert.Equal(details, Google.Rpc.Status.Parser.ParseFrom(call.GetTrailers().GetValueBytes("grpc-status-details-bin")));
        Assert.Equal(failure.Status, call.GetStatus());
    }

    [Fact]
    public async Task Trailers_ErrorWithDetails_IsTheOutcomeWithItsTrailers()
    {
        await using var server = await ClientTestServer.StartAsync(context => context.EndAsync(9, "not now", ("grpc-status-details-bin", "AQID"), ("x-more", "why")));
        using var channel = server.Connect();

        var failure = await channel.Unary().FailsAsync();

        Assert.Equal(new Status(StatusCode.FailedPrecondition, "not now"), failure.Status);
        Assert.Equal([1, 2, 3], failure.Trailers.GetValueBytes("grpc-status-details-bin"));
        Assert.Equal("why", failure.Trailers.GetValue("x-more"));
        Assert.Null(failure.Trailers.Get("grpc-status"));
        Assert.Null(failure.Trailers.Get("grpc-message"));
    }

    [Theory]
    [InlineData(400, StatusCode.Internal)]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(429, StatusCode.Unavailable)]
    [InlineData(500, StatusCode.Unknown)]
    [InlineData(502, StatusCode.Unavailable)]
    [InlineData(503, StatusCode.Unavailable)]
    [InlineData(504, StatusCode.Unavailable)]
    public async Task HttpStatus_WithoutGrpcStatus_IsMapped(int httpStatus, StatusCode expected)
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            context.Response.StatusCode = httpStatus;
            context.Response.ContentType = "text/html";
            await context.Response.WriteAsync("<h1>not gRPC</h1>");
        });
        using var channel = server.Connect();

        var failure = await channel.Unary().FailsAsync();

        Assert.Equal(expected, failure.StatusCode);
        Assert.Contains($"HTTP status code: {httpStatus}", failure.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HttpStatus_WithGrpcStatus_LosesToIt()
    {
        await using var server = await ClientTestServer.StartAsync(context =>
        {
            context.Response.StatusCode = 503;
            return context.TrailersOnlyAsync("7", "no");
        });
        using var channel = server.Connect();

        Assert.Equal(new Status(StatusCode.PermissionDenied, "no"), (await channel.Unary().FailsAsync()).Status);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/grpc-web")]
    [InlineData("application/json")]
    public async Task ContentType_OtherThanGrpc_IsUnknown(string contentType)
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            context.Response.ContentType = contentType;
            await context.SendAsync("pong");
            await context.EndAsync();
        });
        using var channel = server.Connect();

        var failure = await channel.Unary().FailsAsync();

        Assert.Equal(StatusCode.Unknown, failure.StatusCode);
        Assert.Contains(contentType, failure.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/grpc+proto")]
    [InlineData("application/grpc; charset=utf-8")]
    [InlineData("Application/GRPC")]
    public async Task ContentType_GrpcWithMore_IsGrpc(string contentType)
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            context.Response.ContentType = contentType;
            await context.SendAsync("pong");
            await context.EndAsync();
        });
        using var channel = server.Connect();

        Assert.Equal("pong", await channel.Unary().ResponseAsync.InTime());
    }

    [Fact]
    public async Task GrpcStatus_Missing_IsUnknown()
    {
        await using var server = await ClientTestServer.StartAsync(context => context.SendAsync("pong"));
        using var channel = server.Connect();

        Assert.Equal(StatusCode.Unknown, (await channel.Unary().FailsAsync()).StatusCode);
    }

    [Theory]
    [InlineData("99")]
    [InlineData("-1")]
    [InlineData("OK")]
    [InlineData("0x0")]
    [InlineData("")]
    public async Task GrpcStatus_NotACode_IsUnknownAndNamesIt(string status)
    {
        await using var server = await ClientTestServer.StartAsync(context => context.TrailersOnlyAsync(status, "so it said"));
        using var channel = server.Connect();

        var failure = await channel.Unary().FailsAsync();

        Assert.Equal(StatusCode.Unknown, failure.StatusCode);
        Assert.Contains($"grpc-status value: {status}. so it said", failure.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x2, StatusCode.Internal)]
    [InlineData(0x8, StatusCode.Cancelled)]
    [InlineData(0xb, StatusCode.ResourceExhausted)]
    [InlineData(0xc, StatusCode.PermissionDenied)]
    public async Task Reset_BeforeHeaders_IsMapped(int errorCode, StatusCode expected)
    {
        await using var server = await ClientTestServer.StartAsync(context =>
        {
            context.Reset(errorCode);
            return Task.CompletedTask;
        });
        using var channel = server.Connect();

        Assert.Equal(expected, (await channel.Unary().FailsAsync()).StatusCode);
    }

    [Theory]
    [InlineData(0x2, StatusCode.Internal)]
    [InlineData(0x8, StatusCode.Cancelled)]
    [InlineData(0xb, StatusCode.ResourceExhausted)]
    public async Task Reset_AfterAMessage_IsMapped(int errorCode, StatusCode expected)
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            await context.SendAsync("pong");
            context.Reset(errorCode);
        });
        using var channel = server.Connect();

        Assert.Equal(expected, (await channel.Unary().FailsAsync()).StatusCode);
    }

    [Fact]
    public async Task Connection_LostWithinAMessage_IsUnavailable()
    {
        await using var server = await ClientTestServer.StartAsync(async context =>
        {
            await context.SendAsync(ClientTestAnswers.Frame("pong")[..7]);
            context.Features.GetRequiredFeature<IConnectionLifetimeFeature>().Abort();
        });
        using var channel = server.Connect();

        var failure = await channel.Unary().FailsAsync();

        Assert.Contains(failure.StatusCode, new[] { StatusCode.Unavailable, StatusCode.Internal });
        Assert.NotNull(failure.Status.DebugException);
    }

    [Fact]
    public async Task Server_OfHttp1Only_IsAFailureThatSaysWhy()
    {
        await using var server = await ClientTestServer.StartAsync(context => context.Response.WriteAsync("hello"), HttpProtocols.Http1);
        using var channel = server.Connect();

        var failure = await channel.Unary().FailsAsync();

        Assert.Contains(failure.StatusCode, new[] { StatusCode.Unavailable, StatusCode.Internal });
        Assert.Contains("HTTP/2", failure.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_ThatTalksNonsense_FailsTheCall()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var served = Task.Run(async () =>
        {
            using var connection = await listener.AcceptTcpClientAsync();
            await connection.GetStream().WriteAsync("SSH-2.0-OpenSSH_9.2 and then some more nonsense\r\n\r\n"u8.ToArray());
            await connection.GetStream().CopyToAsync(Stream.Null);
        });
        using var channel = GrpcChannel.ForAddress($"http://{listener.LocalEndpoint}");

        var failure = await channel.Unary().FailsAsync();

        Assert.Contains(failure.StatusCode, new[] { StatusCode.Unavailable, StatusCode.Internal });
        await served.InTime();
    }
}
