using System.Net;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Introspection.Tests;

/// <summary>A gRPC server on a port that the system assigns, cleartext HTTP/2, with a channel to it.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestNode(WebApplication app)
    {
        _app = app;
        Address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        Channel = GrpcChannel.ForAddress(Address);
    }

    public string Address { get; }

    public GrpcChannel Channel { get; }

    public static async Task<TestNode> StartAsync(Action<IServiceCollection> configure, Action<WebApplication> map, int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        configure(builder.Services);
        var app = builder.Build();
        map(app);
        await app.StartAsync();
        return new TestNode(app);
    }

    /// <summary>A node with introspection and the catalog service.</summary>
    public static Task<TestNode> StartAsync(Action<NodeIntrospectionOptions> configure) => StartAsync(
        services => services.AddNodeIntrospection((_, options) => configure(options)),
        app =>
        {
            app.MapNodeIntrospection();
            app.MapGrpcService<CatalogService>();
        });

    public T Get<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await _app.DisposeAsync();
    }
}
