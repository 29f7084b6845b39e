using System.Net;
using EdgeMesh.Relay.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Workloads.Tests;

/// <summary>A replica in this process: it does with each call what a test's delegate says, and has no health service.</summary>
internal sealed class LocalReplica : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _calls;

    private LocalReplica(WebApplication app) => _app = app;

    public Uri Address => NodeHost.GetAddress(_app);

    /// <summary>Calls that have come in, probes aside.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>How health checks are answered: 12, UNIMPLEMENTED, unless changed.</summary>
    public string HealthStatus { get; set; } = "12";

    /// <summary>What is done with each call.</summary>
    public RequestDelegate Handler { get; set; } = AnswerAsync;

    public static async Task<LocalReplica> StartAsync(RequestDelegate? handler = null)
    {
        var app = NodeHost.CreateBuilder(new IPEndPoint(IPAddress.Loopback, 0), null, logging => logging.SetMinimumLevel(LogLevel.None), TimeSpan.Zero).Build();
        var replica = new LocalReplica(app) { Handler = handler ?? AnswerAsync };
        app.Run(context =>
        {
            if (context.Request.Path.StartsWithSegments("/grpc.health.v1.Health", StringComparison.Ordinal))
            {
                return FailAsync(context, replica.HealthStatus);
            }

            Interlocked.Increment(ref replica._calls);
            return replica.Handler(context);
        });
        await app.StartAsync();
        return replica;
    }

    /// <summary>Answers with an empty message and status 0.</summary>
    public static async Task AnswerAsync(HttpContext context)
    {
        context.Response.ContentType = "application/grpc";
        await context.Response.BodyWriter.WriteAsync(new byte[5]);
        context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers["grpc-status"] = "0";
    }

    /// <summary>Answers with a status alone.</summary>
    public static Task FailAsync(HttpContext context, string status)
    {
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = status;
        return Task.CompletedTask;
    }

    /// <summary>Goes as a process that is killed does: with the whole connection.</summary>
    public static async Task LoseAsync(HttpContext context)
    {
        var gone = new TaskCompletionSource();
        await using var registration = context.RequestAborted.Register(gone.SetResult);
        context.Features.GetRequiredFeature<IConnectionLifetimeFeature>().Abort();
        await gone.Task;
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _app.DisposeAsync();
    }
}
