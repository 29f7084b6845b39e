using System.Diagnostics;
using System.Globalization;
using EdgeMesh.Benchmarks.Peers;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Grpc.Net.Client;

namespace EdgeMesh.Benchmarks.Workloads;

/// <summary>How a node bears many workloads, in milliseconds.</summary>
/// <param name="Workloads">How many.</param>
/// <param name="Replicas">Of each.</param>
/// <param name="AllReady">From the node's start until every replica took calls.</param>
/// <param name="ListMedian">The median of listing them all, meanwhile.</param>
/// <param name="ListSlowest">The slowest of these.</param>
/// <param name="DrainAll">Draining all.</param>
/// <param name="NodeProcessorPercent">Of one processor, what the node took afterwards, at rest with all its probes.</param>
internal sealed record ManyFigure(int Workloads, int Replicas, double AllReady, double ListMedian, double ListSlowest, double DrainAll, double NodeProcessorPercent);

/// <summary>Starts, lists and drains many workloads of small processes.</summary>
internal static class ManyWorkloads
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    /// <summary>Measures.</summary>
    /// <exception cref="BenchmarkException">They did not become ready.</exception>
    public static async Task<ManyFigure> RunAsync(int workloads, int replicas)
    {
        // 1. Processes that listen and do nothing else.
        using var files = new TempDirectory();
        var lines = Enumerable.Range(1, workloads).Select(number => string.Create(CultureInfo.InvariantCulture, $$"""
                w{{number}}:
                  services: bench.w{{number}}.
                  command: [/usr/bin/python3, -S, -c, "import os, socket, time; s = socket.create_server(('127.0.0.1', int(os.environ['PORT']))); time.sleep(100000)"]
                  replicas: {{replicas}}
                  health: tcp
            """));
        await File.WriteAllTextAsync(files.File("edgemesh.yaml"), $"region:\n  name: eu-west-2\n  listen: 127.0.0.1:0\n  data: {files.File("data")}\n  log-level: warning\n  workloads:\n{string.Join('\n', lines)}\n");
        var start = Stopwatch.GetTimestamp();
        await using var node = await NodeProcess.StartAsync("region", "--config", files.File("edgemesh.yaml"));

        // 2. Listing them while they start.
        using var channel = GrpcChannel.ForAddress(node.AdminAddress);
        var client = new WorkloadService.WorkloadServiceClient(channel);
        var lists = new List<double>();
        while (true)
        {
            var asked = Stopwatch.GetTimestamp();
            var answer = await client.ListWorkloadsAsync(new ListWorkloadsRequest()).ResponseAsync;
            lists.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
            if (answer.Workloads.Sum(workload => workload.Replicas.Count(replica => replica.State == ReplicaState.Ready)) == workloads * replicas)
            {
                break;
            }

            if (Stopwatch.GetElapsedTime(start) > Limit)
            {
                throw new BenchmarkException($"not all replicas were ready within {Limit}");
            }

            await Task.Delay(50);
        }

        var ready = Stopwatch.GetElapsedTime(start).TotalMilliseconds;

        // 3. At rest.
        using var process = Process.GetProcessById(node.Process.Id);
        var before = process.TotalProcessorTime;
        await Task.Delay(Rest);
        process.Refresh();
        var processor = (process.TotalProcessorTime - before) / Rest * 100;

        // 4. Draining.
        var drain = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(1, workloads).Select(number => client.DrainWorkloadAsync(new DrainWorkloadRequest { Name = $"w{number}" }).ResponseAsync));
        var drained = Stopwatch.GetElapsedTime(drain).TotalMilliseconds;
        lists.Sort();
        return new ManyFigure(workloads, replicas, ready, lists[lists.Count / 2], lists[^1], drained, processor);
    }
}
