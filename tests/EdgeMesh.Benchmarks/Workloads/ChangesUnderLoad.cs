using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using EdgeMesh.Benchmarks.Load;
using EdgeMesh.Benchmarks.Peers;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using EdgeMesh.Wire;
using Grpc.Net.Client;

namespace EdgeMesh.Benchmarks.Workloads;

/// <summary>Replicas are killed, replaced and taken away, again and again, while h2load calls them: no call may fail.</summary>
/// <remarks>
/// A gRPC failure is an HTTP 200, which h2load counts as a success. So three things are asked: h2load saw nothing failed, errored or other than 200; every answer had its whole message, by the
/// bytes of them all; and the node itself counted no call whose status was not OK.
/// </remarks>
internal static class ChangesUnderLoad
{
    private const int AnswerBytes = 1024;
    private const int Replicas = 3;
    private const string Name = "bench";
    private const string FailuresMetric = "edgemesh_relay_failures_total";

    /// <summary>Runs it, and prints what happened.</summary>
    /// <exception cref="BenchmarkException">A call failed, or nothing was changed meanwhile.</exception>
    public static async Task RunAsync(int rate, TimeSpan duration)
    {
        // 1. A node and its replicas.
        using var files = new TempDirectory();
        var workload = JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["name"] = Name,
            ["services"] = "bench.v1.",
            ["command"] = (string[])[DotNetHost.Path, Path.Combine(AppContext.BaseDirectory, KestrelProcess.Assembly), ReplicaServer.ServeCommand, AnswerBytes.ToString(CultureInfo.InvariantCulture)],
            ["replicas"] = Replicas,
            ["safe-methods"] = BareKestrel.Path(AnswerBytes)[1..],
            ["slow-start"] = "1s",
            ["min-backoff"] = "100ms",
        });
        await using var region = await NodeProcess.StartRegionAsync(files.File("region"), "--admin-listen", "127.0.0.1:0", "--workloads", workload, "--log-level", "warning");
        using var channel = GrpcChannel.ForAddress(region.AdminAddress);
        var client = new WorkloadService.WorkloadServiceClient(channel);
        await WaitAsync(null);

        // 2. Calls.
        var target = new LoadTarget(new Uri(region.Address, BareKestrel.Path(AnswerBytes)), BareKestrel.EmptyRequest());
        await H2Load.TimeEachAsync("the node", target, 1000);
        await using var load = await H2Load.StartAsync(target, files, (int)(rate * duration.TotalSeconds), rate);

        // 3. Changes, until the calls have ended.
        var (kills, replacements, scales) = (0, 0, 0);
        while (!load.HasExited)
        {
            var victim = (await WaitAsync(null)).Replicas[kills % Replicas].ProcessId;
            Process.GetProcessById((int)victim).Kill();
            kills++;
            await WaitAsync(victim);
            await client.ReplaceWorkloadAsync(new ReplaceWorkloadRequest { Name = Name });
            replacements++;
            await client.ScaleWorkloadAsync(new ScaleWorkloadRequest { Name = Name, Replicas = 1 });
            scales++;
            await client.ScaleWorkloadAsync(new ScaleWorkloadRequest { Name = Name, Replicas = Replicas });
        }

        // 4. What became of them.
        var report = H2Load.Read(load, await load.WaitForExitAsync(), "the node");
        var end = await WaitAsync(null);
        var failures = await ReadFailuresAsync(region);
        Console.WriteLine($"{report.Succeeded} calls, {kills} replicas killed, {replacements} times all {Replicas} replaced, {scales} times scaled to 1 and back: {failures} failed at the node, {end.Retries} were sent again, answers had {report.DataBytes} bytes of {report.Succeeded * (AnswerBytes + MessageFrame.HeaderSize)}");
        if (failures > 0 || report.DataBytes != report.Succeeded * (AnswerBytes + MessageFrame.HeaderSize))
        {
            throw new BenchmarkException("calls failed");
        }

        async Task<Workload> WaitAsync(uint? gone)
        {
            using var limit = new CancellationTokenSource(TestDeadline.Default);
            while (true)
            {
                var now = (await client.ListWorkloadsAsync(new ListWorkloadsRequest { Name = Name }, cancellationToken: limit.Token)).Workloads.Single();
                if (now.Replicas.Count(one => one.State == ReplicaState.Ready && one.ProcessId != gone) == Replicas)
                {
                    return now;
                }

                await Task.Delay(20, limit.Token);
            }
        }
    }

    private static async Task<long> ReadFailuresAsync(NodeProcess node)
    {
        using var client = new HttpClient();
        var text = await client.GetStringAsync(new Uri(node.AdminAddress, "/metrics"));
        return text.Split('\n').Where(line => line.StartsWith(FailuresMetric, StringComparison.Ordinal)).Sum(line => (long)double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }
}
