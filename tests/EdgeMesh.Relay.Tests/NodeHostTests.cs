using System.Net;
using EdgeMesh.Relay.Hosting;
using EdgeMesh.Testing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace EdgeMesh.Relay.Tests;

public sealed class NodeHostTests
{
    [Fact]
    public async Task WhenLoopFails_OneOfTwoLoopsThrows_SaysWhat()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var builder = NodeHost.CreateBuilder(new IPEndPoint(IPAddress.Loopback, 0), tls: null, _ => { }, TimeSpan.FromSeconds(1));
        builder.Services.AddSingleton<IHostedService>(new Loop(end => Task.Delay(Timeout.Infinite, end)));
        builder.Services.AddSingleton<IHostedService>(new Loop(async _ =>
        {
            await asked.Task;
            throw new InvalidOperationException("met a peer of no kind");
        }));
        await using var app = builder.Build();
        await NodeHost.StartAsync(app, "--listen", new IPEndPoint(IPAddress.Loopback, 0), CancellationToken.None);
        var failure = NodeHost.WhenLoopFails(app);
        Assert.False(failure.IsCompleted);

        asked.SetResult();

        Assert.Equal("met a peer of no kind", (await failure.WaitAsync(TestDeadline.Default)).Message);
    }

    [Fact]
    public async Task WhenLoopFails_StoppedInOrder_SaysNothing()
    {
        var builder = NodeHost.CreateBuilder(new IPEndPoint(IPAddress.Loopback, 0), tls: null, _ => { }, TimeSpan.FromSeconds(1));
        var loop = new Loop(end => Task.Delay(Timeout.Infinite, end));
        builder.Services.AddSingleton<IHostedService>(loop);
        await using var app = builder.Build();
        await NodeHost.StartAsync(app, "--listen", new IPEndPoint(IPAddress.Loopback, 0), CancellationToken.None);
        var failure = NodeHost.WhenLoopFails(app);

        await app.StopAsync(CancellationToken.None);

        Assert.True(loop.ExecuteTask!.IsCanceled);
        Assert.False(failure.IsCompleted);
    }

    [Fact]
    public void CreateBuilder_NoLimitEndsAConnectionForOneSlowCall()
    {
        var app = NodeHost.CreateBuilder(new IPEndPoint(IPAddress.Loopback, 0), tls: null, _ => { }, TimeSpan.FromSeconds(1)).Build();
        var limits = app.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;

        Assert.Null(limits.MinRequestBodyDataRate);
        Assert.Null(limits.MinResponseDataRate);
    }

    private sealed class Loop(Func<CancellationToken, Task> run) : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => run(stoppingToken);
    }
}
