using EdgeMesh.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Storage.Tests;

/// <summary>A store behind a real server on a port that the system chose, and a client of it.</summary>
internal sealed class ServedStore : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly GrpcChannel _channel;

    private ServedStore(TestStore test, WebApplication app, GrpcChannel channel)
    {
        Test = test;
        _app = app;
        _channel = channel;
        Client = new ObjectStoreService.ObjectStoreServiceClient(channel);
    }

    internal TestStore Test { get; }

    internal ObjectStoreService.ObjectStoreServiceClient Client { get; }

    internal static async Task<ServedStore> StartAsync(string defaultCacheControl = ObjectStoreOptions.StandardCacheControl)
    {
        var test = await TestStore.OpenNewAsync(defaultCacheControl);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(test.Log);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(test.Store);
        var app = builder.Build();
        app.MapGrpcService<ObjectStoreGrpcService>();
        await app.StartAsync();
        return new ServedStore(test, app, GrpcChannel.ForAddress(app.Urls.First()));
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        await Test.DisposeAsync();
    }
}
