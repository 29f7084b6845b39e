using EdgeMesh.Introspection.Tests.Protos;
using EdgeMesh.Testing;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace EdgeMesh.Introspection.Tests;

public class HealthGrpcServiceTests
{
    [Theory]
    [InlineData("")]
    [InlineData("shop.v1.Catalog")]
    public async Task Check_OwnName_IsServing(string service)
    {
        await using var node = await TestNode.StartAsync(options => options.Services.Add(Catalog.Descriptor));

        Assert.Equal(ServingStatus.Serving, await CheckAsync(node, service));
    }

    [Fact]
    public async Task Check_UnknownName_IsNotFound()
    {
        await using var node = await TestNode.StartAsync(_ => { });

        var e = await Assert.ThrowsAsync<RpcException>(() => CheckAsync(node, "no.Such"));

        Assert.Equal(new Status(StatusCode.NotFound, "service \"no.Such\" is not known here"), new Status(e.StatusCode, e.Status.Detail));
    }

    [Fact]
    public async Task Check_Draining_IsNotServing()
    {
        await using var node = await TestNode.StartAsync(options => options.Services.Add(Catalog.Descriptor));
        node.Get<NodeHealth>().Drain();

        Assert.Equal(ServingStatus.NotServing, await CheckAsync(node, ""));
        Assert.Equal(ServingStatus.NotServing, await CheckAsync(node, "shop.v1.Catalog"));
    }

    [Fact]
    public async Task Watch_OwnName_TellsNowAndChanges()
    {
        await using var node = await TestNode.StartAsync(options => options.Services.Add(Catalog.Descriptor));
        using var watch = Watch(node, "shop.v1.Catalog");

        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));
        node.Get<NodeHealth>().Set("shop.v1.Catalog", ServingStatus.Serving);
        node.Get<NodeHealth>().Set("shop.v1.Catalog", ServingStatus.NotServing);
        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));
    }

    [Fact]
    public async Task Watch_UnknownName_StaysOpenUntilItIsKnown()
    {
        await using var node = await TestNode.StartAsync(_ => { });
        using var watch = Watch(node, "late.Service");

        Assert.Equal(ServingStatus.ServiceUnknown, await NextAsync(watch));
        node.Get<NodeHealth>().Set("late.Service", ServingStatus.Serving);
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));
    }

    [Fact]
    public async Task Watch_NodeStops_SaysNotServingThenEndsUnavailable()
    {
        await using var node = await TestNode.StartAsync(_ => { });
        using var watch = Watch(node, "");
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));

        var stopped = node.StopAsync();

        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => NextAsync(watch))).StatusCode);
        await stopped.WaitAsync(TestDeadline.Default);
    }

    [Fact]
    public async Task Watch_PastTheLimit_IsResourceExhausted()
    {
        await using var node = await TestNode.StartAsync(
            services => services.AddSingleton(new NodeHealth(maxWatchers: 1)).AddSingleton(UpstreamHealth.None),
            app => app.MapGrpcService<HealthGrpcService>());
        using var first = Watch(node, "");
        await NextAsync(first);
        using var second = Watch(node, "");

        var e = await Assert.ThrowsAsync<RpcException>(() => NextAsync(second));

        Assert.Equal((StatusCode.ResourceExhausted, "1 watches are open, which is the limit"), (e.StatusCode, e.Status.Detail));
    }

    [Fact]
    public async Task Check_NameOfUpstream_IsAskedEveryTime()
    {
        await using var origin = await TestNode.StartAsync(options => options.Services.Add(Catalog.Descriptor));
        await using var node = await StartInFrontOfAsync(origin.Channel, "origin shop.v1.");

        Assert.Equal(ServingStatus.Serving, await CheckAsync(node, "shop.v1.Catalog"));
        origin.Get<NodeHealth>().Set("shop.v1.Catalog", ServingStatus.NotServing);
        Assert.Equal(ServingStatus.NotServing, await CheckAsync(node, "shop.v1.Catalog"));
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(() => CheckAsync(node, "shop.v1.Other"))).StatusCode);
        Assert.Equal(ServingStatus.Serving, await CheckAsync(node, ""));
    }

    [Fact]
    public async Task Watch_NameOfUpstream_IsFollowedAndEndsWithTheNode()
    {
        await using var origin = await TestNode.StartAsync(options => options.Services.Add(Catalog.Descriptor));
        await using var node = await StartInFrontOfAsync(origin.Channel, "origin shop.v1.");
        using var watch = Watch(node, "shop.v1.Catalog");

        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));
        origin.Get<NodeHealth>().Set("shop.v1.Catalog", ServingStatus.NotServing);
        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));
        var stopped = node.StopAsync();
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => NextAsync(watch))).StatusCode);
        await stopped.WaitAsync(TestDeadline.Default);
    }

    [Fact]
    public async Task Check_UpstreamAway_IsUnavailableAndNamesIt()
    {
        using var nowhere = GrpcChannel.ForAddress($"http://127.0.0.1:{FreePort.Take()}");
        await using var node = await StartInFrontOfAsync(nowhere, "origin shop.v1. at nowhere");

        var e = await Assert.ThrowsAsync<RpcException>(() => CheckAsync(node, "shop.v1.Catalog"));

        Assert.Equal(StatusCode.Unavailable, e.StatusCode);
        Assert.StartsWith("health of \"shop.v1.Catalog\": origin shop.v1. at nowhere cannot be reached: ", e.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_UpstreamWithoutHealth_IsUnimplemented()
    {
        await using var origin = await TestNode.StartAsync(_ => { }, app => app.MapGrpcService<CatalogService>());
        await using var node = await StartInFrontOfAsync(origin.Channel, "origin shop.v1.");

        Assert.Equal(StatusCode.Unimplemented, (await Assert.ThrowsAsync<RpcException>(() => CheckAsync(node, "shop.v1.Catalog"))).StatusCode);
    }

    private static Task<TestNode> StartInFrontOfAsync(GrpcChannel origin, string name) => TestNode.StartAsync(options =>
        options.UpstreamHealth = new UpstreamHealth(service => service.StartsWith("shop.v1.", StringComparison.Ordinal) ? new HealthRoute(name, origin.CreateCallInvoker()) : null));

    private static async Task<ServingStatus> CheckAsync(TestNode node, string service) =>
        (await new Grpc.Health.V1.Health.HealthClient(node.Channel).CheckAsync(new HealthCheckRequest { Service = service }).ResponseAsync.WaitAsync(TestDeadline.Default)).Status;

    private static AsyncServerStreamingCall<HealthCheckResponse> Watch(TestNode node, string service) =>
        new Grpc.Health.V1.Health.HealthClient(node.Channel).Watch(new HealthCheckRequest { Service = service });

    private static async Task<ServingStatus?> NextAsync(AsyncServerStreamingCall<HealthCheckResponse> watch) =>
        await watch.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TestDeadline.Default) ? watch.ResponseStream.Current.Status : null;
}
