using System.Net;
using EdgeMesh.Probing.Answers;
using EdgeMesh.Probing.Peers;
using EdgeMesh.Probing.Tests.Answers;
using EdgeMesh.Relay.Hosting;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using EstimateSource = EdgeMesh.Latency.Pairs.EstimateSource;
using Reachability = EdgeMesh.Latency.Pairs.Reachability;

namespace EdgeMesh.Probing.Tests.Peers;

/// <summary>A prober over real sockets, every 20 ms.</summary>
public sealed class ProberTests
{
    private static readonly ProbingOptions Options = new()
    {
        Node = "LHR50-1",
        CreateHandler = _ => ProbeHandler.Create(),
        Interval = TimeSpan.FromSeconds(0.02),
        Timeout = TimeSpan.FromSeconds(0.5),
    };

    [Fact]
    public async Task Run_APeerComesGoesAndIsReplaced_IsSeenAsItIs()
    {
        using var prober = new Prober(Options, new Random(1), TimeProvider.System);
        await prober.StartAsync(CancellationToken.None);
        var host = await StartAsync("CDG50-1");
        var node = new MeshNode("CDG50-1", host.Address, IsLost: false);
        prober.SetMesh([node, new MeshNode("LHR50-1", new Uri("http://127.0.0.1:1"), IsLost: false)]);
        await WaitAsync(prober, Reachability.Reachable);
        Assert.NotNull(prober.Coordinate);

        // Gone: nothing listens there.
        await host.StopAsync();
        await host.DisposeAsync();
        await WaitAsync(prober, Reachability.Unreachable);
        Assert.True(prober.Lost >= 3);

        // Elsewhere.
        await using var another = await StartAsync("CDG50-1");
        prober.SetMesh([node with { Address = another.Address }]);
        await WaitAsync(prober, Reachability.Reachable);

        // Somebody else at its address.
        await using var stranger = await StartAsync("XXX50-1");
        prober.SetMesh([node with { Address = stranger.Address }]);
        await WaitAsync(prober, Reachability.Unreachable);

        // The first may have been lost on the way there.
        await WaitAsync(() => prober.Implausible >= 3);
        await prober.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Run_APeerFloods_ItsConnectionIsGivenUp()
    {
        var endPoint = new IPEndPoint(IPAddress.Loopback, 0);
        var builder = NodeHost.CreateBuilder(endPoint, tls: null, _ => { }, TimeSpan.FromSeconds(1));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<FloodingService>();
        await using var app = builder.Build();
        app.MapGrpcService<FloodingService>();
        await NodeHost.StartAsync(app, "--listen", endPoint, CancellationToken.None);
        using var prober = new Prober(Options, new Random(1), TimeProvider.System);
        await prober.StartAsync(CancellationToken.None);

        prober.SetMesh([new MeshNode("CDG50-1", NodeHost.GetAddress(app), IsLost: false)]);
        await app.Services.GetRequiredService<FloodingService>().GivenUp.WaitAsync(TestDeadline.Default);

        Assert.NotEqual(EstimateSource.Measured, Assert.Single(prober.ReadPairs()).Estimate.Source);
        await prober.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Run_ConnectionsAreRefusedBeforeTheFirstProbeIsWritten_LosesProbesAndGoesOn()
    {
        using var prober = new Prober(new ProbingOptions { Node = "LHR50-1", CreateHandler = _ => new RefusingHandler(), Interval = Options.Interval, Timeout = Options.Timeout }, new Random(1), TimeProvider.System);
        await prober.StartAsync(CancellationToken.None);

        prober.SetMesh([new MeshNode("CDG50-1", new Uri("http://127.0.0.1:1"), IsLost: false)]);
        await WaitAsync(() => prober.Lost >= 3 || prober.ExecuteTask!.IsCompleted);

        Assert.True(prober.Lost >= 3, prober.ExecuteTask!.Exception?.ToString());
        await prober.StopAsync(CancellationToken.None);
    }

    private static Task<ReflectingHost> StartAsync(string name) =>
        ReflectingHost.StartAsync(new ReflectorFacts { Node = name, Region = () => "eu-west-2", IsDraining = () => false }, TimeProvider.System);

    private static Task WaitAsync(Prober prober, Reachability wanted) =>
        WaitAsync(() => prober.ReadPairs() is [var pair] && pair.Estimate.Reachability == wanted);

    private static async Task WaitAsync(Func<bool> isSo)
    {
        using var limit = new CancellationTokenSource(TestDeadline.Default);
        while (!isSo())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>Fails before it returns, as the transport does when another thread was faster to find nobody listening.</summary>
    private sealed class RefusingHandler : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromException<HttpResponseMessage>(new HttpRequestException(HttpRequestError.ConnectionError));
    }

    /// <summary>Answers what nobody asked, as fast as it can.</summary>
    private sealed class FloodingService : LatencyService.LatencyServiceBase
    {
        private readonly TaskCompletionSource _givenUp = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Completes when its caller ends the stream.</summary>
        public Task GivenUp => _givenUp.Task;

        public override async Task ProbeStream(IAsyncStreamReader<ProbeStreamRequest> requestStream, IServerStreamWriter<ProbeStreamResponse> responseStream, ServerCallContext context)
        {
            try
            {
                while (true)
                {
                    context.CancellationToken.ThrowIfCancellationRequested();
                    await responseStream.WriteAsync(new ProbeStreamResponse { Probe = new ProbeResponse { Node = "CDG50-1", Sequence = ulong.MaxValue } });
                }
            }
            finally
            {
                _givenUp.TrySetResult();
            }
        }
    }
}
