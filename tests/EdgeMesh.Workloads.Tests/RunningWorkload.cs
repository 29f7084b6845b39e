using System.Net;
using System.Net.Http.Headers;
using EdgeMesh.Testing;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Workloads.Tests;

/// <summary>A node's table with a workload, called as the relay calls it.</summary>
internal sealed class RunningWorkload : IAsyncDisposable
{
    private RunningWorkload(WorkloadTable table) => Table = table;

    public WorkloadTable Table { get; }

    public Workload Workload => Table.All[0];

    public IReadOnlyList<ReplicaStatus> Replicas => Workload.ReadStatus().Replicas;

    /// <summary>What tests start with: quick, and without slow start.</summary>
    public static WorkloadOptions Quick { get; } = new()
    {
        Name = "shop",
        ServicePrefixes = ["shop.v1."],
        HealthInterval = TimeSpan.FromMilliseconds(20),
        MinBackoff = TimeSpan.FromMilliseconds(10),
        MaxBackoff = TimeSpan.FromMilliseconds(50),
        Grace = TestDeadline.Default,
        SlowStart = TimeSpan.Zero,
    };

    public static Task<RunningWorkload> StartAsync(params LocalReplica[] replicas) => StartAsync(Quick with { Addresses = [.. replicas.Select(replica => new ReplicaAddress(replica.Address))] });

    /// <summary>Starts one, and waits until all its replicas are well.</summary>
    public static async Task<RunningWorkload> StartAsync(WorkloadOptions options)
    {
        var running = await BeginAsync(options);
        await running.WaitAsync(() => running.Replicas.All(replica => replica.State == ReplicaState.Ready));
        return running;
    }

    /// <summary>Starts one.</summary>
    /// <param name="options">The workload's.</param>
    /// <param name="others">Those beside it, with names that come after its own.</param>
    public static Task<RunningWorkload> BeginAsync(WorkloadOptions options, params WorkloadOptions[] others) => BeginAsync(null, options, others);

    /// <summary>Starts one at a node with a data directory.</summary>
    public static async Task<RunningWorkload> BeginAsync(string? dataDirectory, WorkloadOptions options, params WorkloadOptions[] others)
    {
        var running = new RunningWorkload(new WorkloadTable(new WorkloadSettings { Node = "eu-west-2", DataDirectory = dataDirectory, Workloads = [options, .. others] }, TimeProvider.System, LoggerFactory.Create(_ => { })));
        await running.Table.StartAsync(CancellationToken.None);
        return running;
    }

    /// <summary>Waits until something is so.</summary>
    public async Task WaitAsync(Func<bool> isSo)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!isSo())
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(start) < TestDeadline.Default,
                $"{string.Join(", ", Replicas.Select(replica => replica.Describe()))}\n{string.Join('\n', Workload.ReadLog(null, 0, 100)!.Select(line => line.Text))}");
            await Task.Delay(5);
        }
    }

    /// <summary>Calls a method with one empty message.</summary>
    public Task<HttpResponseMessage> CallAsync(string path = "/shop.v1.Catalog/Get") => Workload.Upstream.Invoker.SendAsync(
        new HttpRequestMessage(HttpMethod.Post, new Uri("http://shop" + path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(new byte[5]) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        },
        CancellationToken.None);

    /// <summary>Calls, and reads the answer to its end.</summary>
    /// <returns>The status, of headers or trailers.</returns>
    public async Task<string> CallToEndAsync(string path = "/shop.v1.Catalog/Get")
    {
        using var response = await CallAsync(path);
        await response.Content.ReadAsByteArrayAsync();
        return response.Headers.TryGetValues("grpc-status", out var early) ? early.Single() : response.TrailingHeaders.GetValues("grpc-status").Single();
    }

    public ValueTask DisposeAsync() => Table.DisposeAsync();
}
