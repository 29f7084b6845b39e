using EdgeMesh.Testing;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.GrpcStack.Tests.Client;

/// <summary>A handler that calls another service passes its deadline and its cancellation on.</summary>
public sealed class ClientNestedCallTests
{
    [Fact]
    public async Task Deadline_OfTheOuterCall_IsTheInnerCalls()
    {
        var inner = new TaskCompletionSource<string?>();
        await using var backend = await ClientTestServer.StartAsync(context =>
        {
            inner.SetResult(context.Request.Headers["grpc-timeout"]);
            return context.EndAsync();
        });
        using var backendChannel = backend.Connect();
        await using var front = await StartFrontAsync(backendChannel);
        using var channel = GrpcChannel.ForAddress(front.Urls.Single());

        var check = new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest(), deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(20));
        await Assert.ThrowsAsync<RpcException>(() => check.ResponseAsync.InTime());

        Assert.True(EdgeMesh.Wire.GrpcTimeout.TryParse(await inner.Task, out var timeout));
        Assert.InRange(timeout, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task NoDeadline_OfTheOuterCall_IsNoneOfTheInnerCall()
    {
        var inner = new TaskCompletionSource<string?>();
        await using var backend = await ClientTestServer.StartAsync(context =>
        {
            inner.SetResult(context.Request.Headers["grpc-timeout"]);
            return context.EndAsync();
        });
        using var backendChannel = backend.Connect();
        await using var front = await StartFrontAsync(backendChannel);
        using var channel = GrpcChannel.ForAddress(front.Urls.Single());

        await Assert.ThrowsAsync<RpcException>(() => new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest()).ResponseAsync.InTime());

        Assert.Null(await inner.Task);
    }

    [Fact]
    public async Task Cancellation_OfTheOuterCall_ReachesTheInnerOne()
    {
        using var cancellation = new CancellationTokenSource();
        await using var backend = await ClientTestServer.StartAsync(async context =>
        {
            await cancellation.CancelAsync();
            await context.WaitForAbortAsync();
        });
        using var backendChannel = backend.Connect();
        await using var front = await StartFrontAsync(backendChannel);
        using var channel = GrpcChannel.ForAddress(front.Urls.Single());

        var check = new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest(), cancellationToken: cancellation.Token);

        Assert.Equal(StatusCode.Cancelled, (await ClientTestCalls.FailsAsync(check.ResponseAsync)).StatusCode);
        await backend.WaitForResetAsync();
    }

    private static async Task<WebApplication> StartFrontAsync(GrpcChannel backend)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(backend);
        var app = builder.Build();
        app.MapGrpcService<FrontService>();
        await app.StartAsync();
        return app;
    }

    private sealed class FrontService(GrpcChannel backend) : Health.HealthBase
    {
        public override async Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
        {
            await backend.Unary(new CallOptions(deadline: context.Deadline, cancellationToken: context.CancellationToken));
            return new HealthCheckResponse();
        }
    }
}
