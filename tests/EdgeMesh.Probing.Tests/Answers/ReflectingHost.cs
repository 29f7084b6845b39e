using System.Net;
using EdgeMesh.Probing.Answers;
using EdgeMesh.Relay;
using EdgeMesh.Relay.Hosting;
using EdgeMesh.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeMesh.Probing.Tests.Answers;

/// <summary>A server that answers probes and nothing else.</summary>
internal sealed class ReflectingHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly GrpcChannel _channel;

    private ReflectingHost(WebApplication app)
    {
        _app = app;
        _channel = GrpcChannel.ForAddress(NodeHost.GetAddress(app));
        Client = new LatencyService.LatencyServiceClient(_channel);
    }

    public LatencyService.LatencyServiceClient Client { get; }

    public Uri Address => NodeHost.GetAddress(_app);

    public ProbeStreamSlots Slots => _app.Services.GetRequiredService<ProbeStreamSlots>();

    public static async Task<ReflectingHost> StartAsync(ReflectorFacts facts, TimeProvider time)
    {
        var endPoint = new IPEndPoint(IPAddress.Loopback, 0);
        var builder = NodeHost.CreateBuilder(endPoint, tls: null, _ => { }, TimeSpan.FromSeconds(30));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(time);
        builder.Services.AddProbes(new RelayCounters(time), _ => facts);
        var app = builder.Build();
        app.UseProbes();
        await NodeHost.StartAsync(app, "--listen", endPoint, CancellationToken.None);
        return new ReflectingHost(app);
    }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _app.DisposeAsync();
    }
}
