using EdgeMesh.Testing;
using EdgeMesh.V1;
using Grpc.Net.Client;

namespace EdgeMesh.Scenarios.Latencies;

/// <summary>An edge whose process is stopped, as by a machine that hangs: its connections stand, and nothing answers.</summary>
public sealed class StoppedEdgeTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Matrix_AnEdgeIsStoppedAndGoesOn_HasItsPairsOutOfReachAndThenBack()
    {
        await using var region = await NodeProcess.StartRegionAsync(_directory.Path, "--admin-listen", "127.0.0.1:0");
        await using var stopped = await NodeProcess.StartEdgeAsync(region, "CDG50-1", "--admin-listen", "127.0.0.1:0");
        await using var other = await NodeProcess.StartEdgeAsync(region, "LHR50-1", "--admin-listen", "127.0.0.1:0");
        using var channel = GrpcChannel.ForAddress(region.AdminAddress);
        var client = new LatencyService.LatencyServiceClient(channel);

        // By its own measurement: the matrix would also know the pair by what the other side measured, and forget it with that node.
        await MeasuresAsync(other, "CDG50-1");
        stopped.Process.Signal(UnixSignal.Stop);
        var away = await WaitAsync(client, matrix => Find(matrix, "LHR50-1", "CDG50-1")?.Reachability == Reachability.Unreachable && Find(matrix, "eu-west-2", "CDG50-1")?.Reachability == Reachability.Unreachable);

        // What it was stays known, as what it was.
        var pair = Find(away, "LHR50-1", "CDG50-1")!;
        Assert.Equal(EstimateSource.Measured, pair.Source);
        Assert.True(pair.Loss > 0);
        Assert.True(pair.Age.ToTimeSpan() > TimeSpan.FromSeconds(5));
        Assert.Equal(Reachability.Reachable, Find(away, "LHR50-1", "eu-west-2")!.Reachability);

        stopped.Process.Signal(UnixSignal.Continue);
        await WaitAsync(client, matrix => new[] { ("LHR50-1", "CDG50-1"), ("CDG50-1", "LHR50-1"), ("eu-west-2", "CDG50-1") }.All(ends => Find(matrix, ends.Item1, ends.Item2)?.Reachability == Reachability.Reachable));

        region.AssertNoUnexpectedErrors();
        other.AssertNoUnexpectedErrors();
    }

    private static PairLatency? Find(LatencyMatrix matrix, string from, string to) =>
        matrix.Pairs.SingleOrDefault(pair => matrix.Nodes[(int)pair.From].Node == from && matrix.Nodes[(int)pair.To].Node == to)?.Latency;

    private static async Task MeasuresAsync(NodeProcess node, string peer)
    {
        using var http = new HttpClient();
        using var limit = new CancellationTokenSource(2 * TestDeadline.Default);
        while (!(await http.GetStringAsync(new Uri(node.AdminAddress, "/metrics"), limit.Token)).Split('\n').Any(line => line.StartsWith("edgemesh_probing_round_trip_seconds{", StringComparison.Ordinal) && line.Contains($"\"{peer}\"", StringComparison.Ordinal)))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), limit.Token);
        }
    }

    /// <summary>Twice the usual limit: three probes of 5 s each are lost first, and reports come every 5 s.</summary>
    private static async Task<LatencyMatrix> WaitAsync(LatencyService.LatencyServiceClient client, Func<LatencyMatrix, bool> isThere)
    {
        using var limit = new CancellationTokenSource(2 * TestDeadline.Default);
        using var watch = client.WatchMatrix(new WatchMatrixRequest { Interval = new() { Seconds = 1 } }, cancellationToken: limit.Token);
        while (await watch.ResponseStream.MoveNext(limit.Token))
        {
            if (isThere(watch.ResponseStream.Current.Matrix))
            {
                return watch.ResponseStream.Current.Matrix;
            }
        }

        throw new InvalidOperationException("The matrix ended.");
    }
}
