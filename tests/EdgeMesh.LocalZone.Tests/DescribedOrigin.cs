using System.Net;
using EdgeMesh.Demo.V1;
using EdgeMesh.Introspection;
using EdgeMesh.Relay.Hosting;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.LocalZone.Tests;

/// <summary>An ordinary gRPC server of <c>demo.v1.GreeterService</c> with health and reflection.</summary>
internal sealed class DescribedOrigin : IAsyncDisposable
{
    private readonly WebApplication _app;

    private DescribedOrigin(WebApplication app) => (_app, Address) = (app, NodeHost.GetAddress(app));

    public Uri Address { get; }

    public static async Task<DescribedOrigin> StartAsync()
    {
        var builder = NodeHost.CreateBuilder(new IPEndPoint(IPAddress.Loopback, 0), null, logging => logging.SetMinimumLevel(LogLevel.None), TimeSpan.FromSeconds(1));
        builder.Services.AddGrpc();
        builder.Services.AddNodeIntrospection((_, introspection) => introspection.Services.Add(GreeterService.Descriptor));
        var app = builder.Build();
        app.UseRouting();
        app.MapGrpcService<Greeter>();
        app.MapNodeIntrospection();
        await app.StartAsync();
        return new(app);
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }

    private sealed class Greeter : GreeterService.GreeterServiceBase
    {
        public override Task<GreetResponse> Greet(GreetRequest request, ServerCallContext context) => Task.FromResult(new GreetResponse { Text = "Hello" });
    }
}
