using System.Collections.Concurrent;
using System.Diagnostics;
using EdgeMesh.Client;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeMesh.Benchmarks.Failover;

/// <summary>What callers saw of one event.</summary>
/// <param name="Event">killed, or hangs.</param>
/// <param name="Calls">Calls made, all free of side effects.</param>
/// <param name="FailedCalls">Those that did not end with OK.</param>
/// <param name="P99BeforeMs">99th percentile of the 2 s before, milliseconds, counted from when each call was due.</param>
/// <param name="P99SecondAfterMs">The same of calls due in the second after.</param>
/// <param name="LongestMs">The longest call due after the event.</param>
/// <param name="LeftAfterMs">From the event until the client's home was another node; NaN: it never was.</param>
internal sealed record FailoverFigure(string Event, int Calls, int FailedCalls, double P99BeforeMs, double P99SecondAfterMs, double LongestMs, double LeftAfterMs);

/// <summary>One mesh of processes, one client of this process, one event.</summary>
internal static class FailoverRun
{
    private const string Bucket = "mesh";
    private const string Key = "greeting.txt";

    private static readonly TimeSpan Before = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Counted = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(4);

    /// <summary>Runs it.</summary>
    /// <param name="isKill">The home's process is killed; else stopped.</param>
    /// <param name="rate">Calls a second.</param>
    public static async Task<FailoverFigure> RunAsync(bool isKill, int rate)
    {
        // 1. A mesh, every node of which can answer.
        using var directory = new TempDirectory();
        await using var region = await NodeProcess.StartRegionAsync(directory.File("region"), "--admin-listen", "127.0.0.1:0");
        await using var london = await NodeProcess.StartEdgeAsync(region, "LHR50-1", "--admin-listen", "127.0.0.1:0");
        await using var paris = await NodeProcess.StartEdgeAsync(region, "CDG50-1", "--admin-listen", "127.0.0.1:0");
        var nodes = new Dictionary<string, NodeProcess> { ["eu-west-2"] = region, ["LHR50-1"] = london, ["CDG50-1"] = paris };
        await london.Process.WaitForLineAsync("Joined Region");
        await paris.Process.WaitForLineAsync("Joined Region");
        using (var channel = GrpcChannel.ForAddress(region.Address))
        {
            var origin = new ObjectStoreService.ObjectStoreServiceClient(channel);
            await origin.CreateBucketAsync(new CreateBucketRequest { Bucket = Bucket });
            await origin.PutObjectAsync(new PutObjectRequest { Spec = new ObjectSpec { Bucket = Bucket, Key = Key, CacheControl = "public, max-age=3600" }, Content = ByteString.CopyFromUtf8("hello") });
        }

        foreach (var edge in new[] { london, paris })
        {
            using var channel = GrpcChannel.ForAddress(edge.Address);
            await new ObjectStoreService.ObjectStoreServiceClient(channel).GetObjectAsync(Request);
        }

        // 2. A client of the whole mesh.
        using var handler = new EdgeMeshHandler(new EdgeMeshClientOptions { Bootstrap = [london.Address, region.Address] });
        using var routed = GrpcChannel.ForAddress("http://mesh", new GrpcChannelOptions { HttpHandler = handler });
        var store = new ObjectStoreService.ObjectStoreServiceClient(routed);
        using (var limit = new CancellationTokenSource(TestDeadline.Default))
        {
            while (handler.ReadNodes().Count(node => node.RoundTrip is not null) < nodes.Count)
            {
                await Task.Delay(10, limit.Token);
            }

            await handler.WaitForNearestAsync(limit.Token);
        }

        // 3. Calls at a steady rate, whether answers come or not, and the event among them.
        var ended = new ConcurrentBag<(TimeSpan Due, TimeSpan Took, bool IsWell)>();
        var running = new List<Task>();
        var start = Stopwatch.GetTimestamp();
        string? home = null;
        var happened = TimeSpan.Zero;
        var left = double.NaN;
        for (var call = 0; Stopwatch.GetElapsedTime(start) is var now && now < Before + After; call++)
        {
            var due = TimeSpan.FromSeconds(call / (double)rate);
            while (now < due)
            {
                await Task.Delay(1);
                now = Stopwatch.GetElapsedTime(start);
            }

            if (home is null && due >= Before)
            {
                home = handler.ReadNodes().Single(node => node.IsHome).Name;
                nodes[home].Process.Signal(isKill ? UnixSignal.Kill : UnixSignal.Stop);
                happened = Stopwatch.GetElapsedTime(start);
            }

            if (home is not null && double.IsNaN(left) && handler.ReadNodes().FirstOrDefault(node => node.IsHome)?.Name is { } next && next != home)
            {
                left = (Stopwatch.GetElapsedTime(start) - happened).TotalMilliseconds;
            }

            running.Add(CallAsync(due));
        }

        await Task.WhenAll(running);
        return new FailoverFigure(
            isKill ? "killed" : "hangs",
            ended.Count,
            ended.Count(call => !call.IsWell),
            P99(call => call.Due >= happened - Counted && call.Due < happened),
            P99(call => call.Due >= happened && call.Due < happened + TimeSpan.FromSeconds(1)),
            ended.Where(call => call.Due >= happened).Max(call => call.Took.TotalMilliseconds),
            left);

        async Task CallAsync(TimeSpan due)
        {
            var isWell = false;
            try
            {
                await store.GetObjectAsync(Request, deadline: DateTime.UtcNow + TestDeadline.Default);
                isWell = true;
            }
            catch (RpcException)
            {
                // Counted.
            }

            ended.Add((due, Stopwatch.GetElapsedTime(start) - due, isWell));
        }

        double P99(Func<(TimeSpan Due, TimeSpan Took, bool IsWell), bool> isCounted)
        {
            var times = ended.Where(isCounted).Select(call => call.Took.TotalMilliseconds).Order().ToList();
            return times.Count == 0 ? double.NaN : times[(int)(0.99 * (times.Count - 1))];
        }
    }

    private static GetObjectRequest Request => new() { Bucket = Bucket, Key = Key };
}
