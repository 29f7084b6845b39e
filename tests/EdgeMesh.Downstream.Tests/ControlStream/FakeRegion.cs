using System.Net;
using System.Threading.Channels;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Downstream.Tests.ControlStream;

/// <summary>A Region's control plane over a real connection, whose every answer the test gives itself.</summary>
internal sealed class FakeRegion : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<FakeJoin> _joins = Channel.CreateUnbounded<FakeJoin>();

    private FakeRegion(WebApplication app) => _app = app;

    public Uri Uri => new(_app.Urls.Single());

    public static async Task<FakeRegion> StartAsync(int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, port, l => l.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<Service>();
        var app = builder.Build();
        app.MapGrpcService<Service>();
        var region = new FakeRegion(app);
        app.Services.GetRequiredService<Service>().Joins = region._joins.Writer;
        await app.StartAsync();
        return region;
    }

    /// <summary>The next stream that a node opened.</summary>
    public async Task<FakeJoin> NextJoinAsync() => await _joins.Reader.ReadAsync().AsTask().WaitAsync(TestDeadline.Default);

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private sealed class Service : TopologyService.TopologyServiceBase
    {
        public ChannelWriter<FakeJoin>? Joins { get; set; }

        public override async Task Join(IAsyncStreamReader<JoinRequest> requestStream, IServerStreamWriter<JoinResponse> responseStream, ServerCallContext context)
        {
            var join = new FakeJoin(requestStream, responseStream);
            await Joins!.WriteAsync(join);
            await join.Ended.WaitAsync(context.CancellationToken);
        }
    }
}

/// <summary>One stream of a node, in the hands of the test.</summary>
internal sealed class FakeJoin(IAsyncStreamReader<JoinRequest> requests, IServerStreamWriter<JoinResponse> responses)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Ended => _ended.Task;

    /// <summary>The node's next message; null when it closed its side.</summary>
    public async Task<JoinRequest?> ReadAsync() =>
        await requests.MoveNext(CancellationToken.None).WaitAsync(TestDeadline.Default) ? requests.Current : null;

    public Task TellAsync(ulong version, TimeSpan heartbeat) =>
        responses.WriteAsync(new JoinResponse { Region = "eu-west-2", Version = version, HeartbeatInterval = Duration.FromTimeSpan(heartbeat) });

    public Task TellAsync(LogUpdate update) => responses.WriteAsync(new JoinResponse { Log = update });

    public void End() => _ended.TrySetResult();

    public void End(StatusCode code, string detail) => _ended.TrySetException(new RpcException(new Status(code, detail)));
}
