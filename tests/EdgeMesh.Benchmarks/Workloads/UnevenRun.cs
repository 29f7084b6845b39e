using System.Globalization;
using EdgeMesh.Benchmarks.Load;
using EdgeMesh.Benchmarks.Report;

namespace EdgeMesh.Benchmarks.Workloads;

/// <summary>What calls at a steady rate take behind balancers of the same uneven replicas, round about.</summary>
internal static class UnevenRun
{
    // Until the node's first code has been compiled, and each replica has shown how fast it is.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);

    /// <summary>Measures, and prints one table.</summary>
    public static async Task RunAsync(int rate, int rounds, TimeSpan duration)
    {
        UnevenReplicas[] peers = [new UnevenNginx(""), new UnevenNginx("least_conn;"), new UnevenWorkload()];
        var figures = peers.ToDictionary(peer => peer, _ => new List<(LatencyFigure Latency, double SlowShare)>());
        try
        {
            foreach (var peer in peers)
            {
                await peer.StartAsync([UnevenReplicas.AnswerBytes]);
                await OpenLoop.RunAsync(peer, UnevenReplicas.AnswerBytes, rate, WarmUp);
            }

            for (var round = 1; round <= rounds; round++)
            {
                foreach (var peer in peers)
                {
                    var before = await peer.ReadCallsAsync();
                    var latency = await OpenLoop.RunAsync(peer, UnevenReplicas.AnswerBytes, rate, duration);
                    var calls = (await peer.ReadCallsAsync()).Zip(before, (now, then) => now - then).ToList();
                    figures[peer].Add((latency, (double)calls[^1] / calls.Sum()));
                    Console.Error.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"round {round}/{rounds}: {peer.Name,-18} p50 {latency.P50 / 1000:F1} ms, p99 {latency.P99 / 1000:F1} ms, p99.9 {latency.P999 / 1000:F1} ms; calls of each replica: {string.Join(", ", calls)}"));
                }
            }
        }
        finally
        {
            foreach (var peer in peers)
            {
                await peer.DisposeAsync();
            }
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| medians of {rounds} rounds, {rate} calls/s | p50 | p99 | p99 beside round robin's | of 1,000 calls, to the slow one |\n|---|---|---|---|---|"));
        foreach (var peer in peers)
        {
            // Each round beside the same round's: what was going on at the machine is the same.
            var ratio = Median.Of(figures[peer].Zip(figures[peers[0]], (own, first) => own.Latency.P99 / first.Latency.P99));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {peer.Name} | {Median.Of(figures[peer].Select(one => one.Latency.P50)) / 1000:F1} ms | {Median.Of(figures[peer].Select(one => one.Latency.P99)) / 1000:F1} ms | {ratio:F2} | {Median.Of(figures[peer].Select(one => one.SlowShare)) * 1000:F0} |"));
        }
    }
}
