using System.Net;
using EdgeMesh.Testing;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.GrpcStack.Tests.Client;

/// <summary>A server that answers each request as the test scripts it, byte for byte: also as no gRPC server would.</summary>
internal sealed class ClientTestServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _requests;

    private ClientTestServer(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.Single());

    /// <summary>Requests so far.</summary>
    public int Requests => Volatile.Read(ref _requests);

    public static async Task<ClientTestServer> StartAsync(RequestDelegate answer, HttpProtocols protocols = HttpProtocols.Http2, int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = protocols);
        });
        var app = builder.Build();
        var server = new ClientTestServer(app);
        app.Run(async context =>
        {
            Interlocked.Increment(ref server._requests);
            context.RequestAborted.Register(() => server._aborted.TrySetResult());
            await answer(context);
        });
        await app.StartAsync();
        return server;
    }

    public GrpcChannel Connect(Action<GrpcChannelOptions>? configure = null)
    {
        var options = new GrpcChannelOptions();
        configure?.Invoke(options);
        return GrpcChannel.ForAddress(Address, options);
    }

    /// <summary>Waits until a client has reset a stream, or gone away.</summary>
    public Task WaitForResetAsync() => _aborted.Task.WaitAsync(TestDeadline.Default);

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
