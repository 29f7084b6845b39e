using System.Diagnostics;
using System.Globalization;
using EdgeMesh.Benchmarks.Peers;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Grpc.Net.Client;

namespace EdgeMesh.Benchmarks.Workloads;

/// <summary>Starts, lists and drains many workloads of small processes.</summary>
internal static class ManyWorkloads
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    /// <summary>Measures, and prints one table.</summary>
    /// <exception cref="BenchmarkException">They did not become ready.</exception>
    public static async Task RunAsync(int workloads, int replicas)
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
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            | {workloads} workloads of {replicas} processes | |
            |---|---|
            | from the node's start until all take calls | {ready / 1000:F1} s |
            | listing them meanwhile, median of {lists.Count} | {lists[lists.Count / 2]:F0} ms |
            | the slowest of these | {lists[^1]:F0} ms |
            | the node at rest, probes every second, of a processor | {processor:F0} % |
            | draining all at once | {drained:F0} ms |
            """));
    }
}
