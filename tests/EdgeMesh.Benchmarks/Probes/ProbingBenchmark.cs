using System.Diagnostics;
using EdgeMesh.Benchmarks.Report;
using EdgeMesh.EdgeLocation;
using EdgeMesh.Region;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Benchmarks.Probes;

/// <summary>Whole nodes in one process, over real sockets: a Region and its edges, each probing all others.</summary>
/// <remarks>
/// What a process costs is divided by its nodes. It is taken twice, of a mesh that does not probe and of one that does: the difference is what probing costs,
/// the reports of it to the Region included. Every byte is sent by one node and received by another, so both are counted for both.
/// </remarks>
/// <param name="nodes">How many, the Region included.</param>
/// <param name="interval">Between two probes of one pair.</param>
/// <param name="length">How long each half is measured.</param>
/// <param name="tell">Takes lines of progress.</param>
internal sealed class ProbingBenchmark(int nodes, TimeSpan interval, TimeSpan length, Action<string> tell)
{
    // Longer than any measurement: the mesh stands, and nobody probes.
    private static readonly TimeSpan Never = TimeSpan.FromDays(1);

    /// <summary>Measures.</summary>
    public async Task<ProbingResult> RunAsync()
    {
        using var bytes = new SocketBytes();
        var (resting, _, _) = await MeasureAsync(Never, bytes);
        var (probing, lost, measured) = await MeasureAsync(interval, bytes);
        return new ProbingResult(nodes, interval.TotalSeconds, resting, probing, lost, measured, nodes * (nodes - 1), await Machine.DescribeAsync());
    }

    private async Task<(NodeCost Cost, long Lost, int Measured)> MeasureAsync(TimeSpan every, SocketBytes bytes)
    {
        // 1. The mesh, all of whose nodes have joined and, if they probe, have warm connections.
        using var directory = new TempDirectory();
        await using var region = await RegionNode.StartAsync(
            new RegionOptions { Name = "eu-west-2", Listen = "127.0.0.1:0", AdminListen = "127.0.0.1:0", DataDirectory = directory.Path, ProbeInterval = every }, Silent, CancellationToken.None);
        var edges = new List<EdgeLocationNode>();
        try
        {
            while (edges.Count < nodes - 1)
            {
                edges.Add(await EdgeLocationNode.StartAsync(
                    new EdgeLocationOptions { Name = $"LHR50-{edges.Count + 1}", Listen = "127.0.0.1:0", AdminListen = "127.0.0.1:0", Region = region.Address, RegionAdmin = region.AdminAddress, CacheBytes = 1 << 20, ProbeInterval = every },
                    Silent,
                    CancellationToken.None));
            }

            tell($"{nodes} nodes; {(every == Never ? "nobody probes" : $"each pair every {every.TotalSeconds} s")}");
            using var channel = GrpcChannel.ForAddress(region.AdminAddress);
            var client = new LatencyService.LatencyServiceClient(channel);
            await Task.Delay(every == Never ? TimeSpan.FromSeconds(10) : (3 * every) + TimeSpan.FromSeconds(20));

            // 2. The measurement.
            GC.Collect();
            var before = (Processor: Environment.CpuUsage.TotalTime, bytes.Sent, bytes.Received, Probes: edges.Sum(edge => edge.ProbesSent), Lost: edges.Sum(edge => edge.ProbesLost), Time: Stopwatch.GetTimestamp());
            await Task.Delay(length);
            var seconds = Stopwatch.GetElapsedTime(before.Time).TotalSeconds;
            var cost = new NodeCost(
                (Environment.CpuUsage.TotalTime - before.Processor).TotalSeconds / seconds / nodes * 100,
                (bytes.Sent - before.Sent) / seconds / nodes,
                (bytes.Received - before.Received) / seconds / nodes,
                (edges.Sum(edge => edge.ProbesSent) - before.Probes) / seconds / edges.Count);
            var matrix = (await client.GetMatrixAsync(new GetMatrixRequest())).Matrix;
            return (cost, edges.Sum(edge => edge.ProbesLost) - before.Lost, matrix.Pairs.Count(pair => pair.Latency.Source == EstimateSource.Measured));
        }
        finally
        {
            await Task.WhenAll(edges.Select(edge => edge.DisposeAsync().AsTask()));
        }
    }

    private static void Silent(ILoggingBuilder logging)
    {
    }
}
