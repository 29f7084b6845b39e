using EdgeMesh.Testing;
using Grpc.Core;
using Microsoft.Extensions.Hosting;

namespace EdgeMesh.GrpcStack.Tests.Server;

public sealed class ShutdownTests
{
    [Fact]
    public async Task Stop_WhileCallsRun_LetsThemFinish()
    {
        var unaryStarted = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        await using var host = await ScriptedHost.StartAsync(new ServiceScript
        {
            Unary = async (request, _) =>
            {
                unaryStarted.SetResult();
                await release.Task;
                return request;
            },
            Duplex = async (requests, answers, context) =>
            {
                await context.WriteResponseHeadersAsync([]);
                await foreach (var request in requests.ReadAllAsync())
                {
                    await answers.WriteAsync(request);
                }
            },
        });
        var unary = host.CallAsync("Unary", Frames.Of(1));
        using var duplex = new RawCall(host, "Duplex");
        await duplex.ResponseAsync;
        await unaryStarted.Task.WaitAsync(TestDeadline.Default);

        var stopping = host.App.Services.GetService(typeof(IHostApplicationLifetime)) is IHostApplicationLifetime lifetime ? lifetime.ApplicationStopping : default;
        var stop = host.App.StopAsync();
        Assert.True(stopping.IsCancellationRequested);

        // Running calls go on in both directions.
        duplex.Send(Frames.Of(2));
        Assert.Equal([2], Frames.Value((await duplex.ReadMessageAsync())!));
        Assert.False(stop.IsCompleted);
        release.SetResult();
        Assert.Equal(StatusCode.OK, (await unary).Status);
        duplex.Complete();
        Assert.Equal(StatusCode.OK, (await duplex.ReadToEndAsync()).Status);
        await stop.WaitAsync(TestDeadline.Default);

        // No new ones come in.
        await Assert.ThrowsAsync<HttpRequestException>(() => host.CallAsync("Unary", Frames.Of(1)));
    }
}
