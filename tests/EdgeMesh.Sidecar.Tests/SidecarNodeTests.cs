using System.Net;
using System.Net.Sockets;
using EdgeMesh.Admin.Configuration;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Sidecar.Tests;

/// <summary>A sidecar in this process, before a node that answers as the test says.</summary>
public sealed class SidecarNodeTests : IAsyncLifetime
{
    private const string Unary = "shop.v1.Catalog/Get";

    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create(bytes => bytes, bytes => bytes);

    private readonly TempDirectory _directory = new();
    private OnlyNode _node = null!;
    private string? _nodeField = OnlyNode.Name;

    public async Task InitializeAsync() => _node = await OnlyNode.StartAsync(EchoAsync, Unary);

    public async Task DisposeAsync()
    {
        await _node.DisposeAsync();
        _directory.Dispose();
    }

    /// <summary>Declared unary (held, then sent), undeclared unary, and beyond what is held: bytes arrive as they were.</summary>
    [Theory]
    [InlineData("Get", 0)]
    [InlineData("Get", 100_000)]
    [InlineData("Get", 6_000_000)]
    [InlineData("Unknown", 100_000)]
    public async Task Unary_AnySize_ComesBackAsItWasSent(string method, int bytes)
    {
        await using var sidecar = await StartAsync();
        using var channel = Connect(sidecar.Address);
        var message = new byte[bytes];
        new Random(1).NextBytes(message);

        using var call = channel.CreateCallInvoker().AsyncUnaryCall(Of(method, MethodType.Unary), null, new CallOptions(deadline: DateTime.UtcNow + TestDeadline.Default), message);

        Assert.Equal(message, await call);
        Assert.Equal(OnlyNode.Name, (await call.ResponseHeadersAsync).GetValue("x-edgemesh-node"));
        Assert.Equal("end", call.GetTrailers().GetValue("x-trailer"));
    }

    [Fact]
    public async Task Answer_OfANodeThatDoesNotNameItself_NamesNobody()
    {
        _nodeField = null;
        await using var sidecar = await StartAsync();
        using var channel = Connect(sidecar.Address);

        using var call = channel.CreateCallInvoker().AsyncUnaryCall(Of("Get", MethodType.Unary), null, new CallOptions(deadline: DateTime.UtcNow + TestDeadline.Default), [1]);

        Assert.Null((await call.ResponseHeadersAsync).GetValue("x-edgemesh-node"));
        await call;
    }

    [Fact]
    public async Task Bidirectional_MessageByMessage_ComesBackBeforeTheNextIsSent()
    {
        await using var sidecar = await StartAsync();
        using var channel = Connect(sidecar.Address);
        using var call = channel.CreateCallInvoker().AsyncDuplexStreamingCall(Of("Talk", MethodType.DuplexStreaming), null, new CallOptions(deadline: DateTime.UtcNow + TestDeadline.Default));

        for (byte i = 0; i < 3; i++)
        {
            await call.RequestStream.WriteAsync([i]);
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
            Assert.Equal([i], call.ResponseStream.Current);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None));
    }

    [Fact]
    public async Task Call_NobodyTellsOfTheMesh_IsUnavailableWithWhatEachAddressSaid()
    {
        var dead = $"http://127.0.0.1:{FreePort.Take()}";
        await using var sidecar = await StartAsync(mesh: new Uri(dead));
        using var channel = Connect(sidecar.Address);

        using var call = channel.CreateCallInvoker().AsyncUnaryCall(Of("Get", MethodType.Unary), null, new CallOptions(deadline: DateTime.UtcNow + TestDeadline.Default), [1]);
        var fault = await Assert.ThrowsAsync<RpcException>(async () => await call);

        Assert.Equal((StatusCode.Unavailable, $"no node told who is in the mesh: {dead}: connection refused (Unavailable)"), (fault.StatusCode, fault.Status.Detail));
    }

    [Fact]
    public async Task Health_OfTheSidecarItself_ServesWithoutAMesh()
    {
        await using var sidecar = await StartAsync(mesh: new Uri($"http://127.0.0.1:{FreePort.Take()}"));
        using var channel = Connect(sidecar.Address);

        var answer = await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest(), deadline: DateTime.UtcNow + TestDeadline.Default);

        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, answer.Status);
    }

    [Fact]
    public async Task Explain_KnownMethod_IsAnsweredOnTheAdminListener()
    {
        await using var sidecar = await StartAsync();
        using var data = Connect(sidecar.Address);
        using (var call = data.CreateCallInvoker().AsyncUnaryCall(Of("Get", MethodType.Unary), null, new CallOptions(deadline: DateTime.UtcNow + TestDeadline.Default), [1]))
        {
            await call;
        }

        using var admin = GrpcChannel.ForAddress(sidecar.AdminAddress);
        var route = await new RouteService.RouteServiceClient(admin).ExplainRouteAsync(new ExplainRouteRequest { Method = Unary }, deadline: DateTime.UtcNow + TestDeadline.Default);

        Assert.Equal(("/" + Unary, "eu-west-2", true, true, true), (route.Method, route.Region, route.Known, route.Unary, route.SideEffectFree));
        var node = Assert.Single(route.Candidates);
        Assert.Equal((OnlyNode.Name, RouteVerdict.Home, 1.0), (node.Node, node.Verdict, node.Share));
        var empty = await Assert.ThrowsAsync<RpcException>(async () => await new RouteService.RouteServiceClient(admin).ExplainRouteAsync(new ExplainRouteRequest(), deadline: DateTime.UtcNow + TestDeadline.Default));
        Assert.Equal((StatusCode.InvalidArgument, "method must have 1 to 1024 characters, got 0"), (empty.StatusCode, empty.Status.Detail));
        var keyed = await Assert.ThrowsAsync<RpcException>(async () => await new RouteService.RouteServiceClient(admin).ExplainRouteAsync(new ExplainRouteRequest { Method = Unary, Key = "17" }, deadline: DateTime.UtcNow + TestDeadline.Default));
        Assert.Equal((StatusCode.FailedPrecondition, "calls have no keys here: start the sidecar with --sticky"), (keyed.StatusCode, keyed.Status.Detail));
        using var http = new HttpClient();
        Assert.Contains("edgemesh_client_", await http.GetStringAsync(new Uri(sidecar.AdminAddress, "/metrics")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SocketFile_LeftByADeadProcess_IsTakenOverAndOfALivingOneIsNot()
    {
        var path = _directory.File("mesh.sock");
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(path));

            // Disposing of a socket removes its file; a process that is killed does not.
            File.Move(path, path + ".kept");
        }

        File.Move(path + ".kept", path);
        await using var sidecar = await StartAsync(listen: $"unix:{path}");
        Assert.Equal($"unix://{path}", sidecar.Address.AbsoluteUri);
        using var channel = Connect(sidecar.Address);
        using var call = channel.CreateCallInvoker().AsyncUnaryCall(Of("Get", MethodType.Unary), null, new CallOptions(deadline: DateTime.UtcNow + TestDeadline.Default), [7]);
        Assert.Equal([7], await call);

        var fault = await Assert.ThrowsAnyAsync<IOException>(() => StartAsync(listen: $"unix:{path}"));

        Assert.Contains("cannot listen on", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_CallRuns_WaitsForItAndTakesNoOther()
    {
        await using var sidecar = await StartAsync();
        using var channel = Connect(sidecar.Address);
        using var call = channel.CreateCallInvoker().AsyncDuplexStreamingCall(Of("Talk", MethodType.DuplexStreaming), null, new CallOptions(deadline: DateTime.UtcNow + TestDeadline.Default));
        await call.RequestStream.WriteAsync([1]);
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));

        var stopping = sidecar.StopAsync(CancellationToken.None);
        await call.RequestStream.WriteAsync([2]);
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.False(stopping.IsCompleted);
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None));

        await stopping.WaitAsync(TestDeadline.Default);
    }

    private static Method<byte[], byte[]> Of(string method, MethodType type) => new(type, "shop.v1.Catalog", method, Bytes, Bytes);

    private static GrpcChannel Connect(Uri address)
    {
        if (address.Scheme != "unix")
        {
            return GrpcChannel.ForAddress(address, new GrpcChannelOptions { MaxReceiveMessageSize = null });
        }

        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(address.LocalPath), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        return GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
    }

    private Task<SidecarNode> StartAsync(string listen = "127.0.0.1:0", Uri? mesh = null) =>
        SidecarNode.StartAsync(new SidecarOptions { Mesh = [mesh ?? _node.Address], Listen = listen, AdminListen = "127.0.0.1:0" }, logging => logging.SetMinimumLevel(LogLevel.None), NodeConfiguration.Fixed, CancellationToken.None);

    /// <summary>Sends each piece of the request back as it comes.</summary>
    private async Task EchoAsync(HttpContext context)
    {
        context.Response.ContentType = "application/grpc";
        if (_nodeField is not null)
        {
            context.Response.Headers["x-edgemesh-node"] = _nodeField;
        }

        var buffer = new byte[64 * 1024];
        while (await context.Request.Body.ReadAsync(buffer) is > 0 and var count)
        {
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, count));
            await context.Response.Body.FlushAsync();
        }

        var trailers = context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers;
        trailers["x-trailer"] = "end";
        trailers["grpc-status"] = "0";
    }
}
