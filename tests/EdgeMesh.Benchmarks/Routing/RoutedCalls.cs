using System.Diagnostics;
using System.Globalization;
using EdgeMesh.Benchmarks.Load;
using EdgeMesh.Benchmarks.Peers;
using EdgeMesh.Benchmarks.Report;
using EdgeMesh.Client;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Grpc.Net.Client;

namespace EdgeMesh.Benchmarks.Routing;

/// <summary>Unary calls of a generated client over the routing library, beside the same over a plain <see cref="SocketsHttpHandler"/>, to one node over loopback.</summary>
/// <remarks>
/// Client and node are processes of their own, each on its core. Rounds of both alternate, and it is each pair's ratio that counts: a noisy minute falls on both. Processor time is this
/// process's, which the machine's other users move less than calls a second.
/// </remarks>
internal sealed class RoutedCalls(int sizeBytes, int callers, int rounds, TimeSpan roundTime, Action<string> report)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);

    /// <summary>Measures and reports.</summary>
    public async Task RunAsync()
    {
        await using var node = ChildProcess.Start(DotNetHost.Path, [Path.Combine(AppContext.BaseDirectory, KestrelProcess.Assembly), .. KestrelProcess.Arguments(BareNode.ServeCommand, [sizeBytes])]);
        var address = await KestrelProcess.WaitAsync(node);
        await Cores.PinAsync([node.Id], Cores.Server);
        await Cores.PinAsync([Environment.ProcessId], Cores.Load);
        using var routing = new EdgeMeshHandler(new EdgeMeshClientOptions { Bootstrap = [address] });
        using var routed = GrpcChannel.ForAddress("http://mesh", new GrpcChannelOptions { HttpHandler = routing });
        using var plain = GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler { UseCookies = false, UseProxy = false, AllowAutoRedirect = false, EnableMultipleHttp2Connections = true },
            DisposeHttpClient = true,
        });
        await routing.WaitForNearestAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10));
        await LoadAsync(plain, WarmUp);
        await LoadAsync(routed, WarmUp);
        var (plainRounds, routedRounds) = (new List<Figures>(), new List<Figures>());
        for (var i = 0; i < rounds; i++)
        {
            plainRounds.Add(await LoadAsync(plain, roundTime));
            routedRounds.Add(await LoadAsync(routed, roundTime));
        }

        report(string.Create(CultureInfo.InvariantCulture, $"| {callers} callers, {sizeBytes} B | calls/s | processor time a call, µs | allocated a call, B |"));
        report("|---|---|---|---|");
        Row("SocketsHttpHandler", plainRounds);
        Row("EdgeMeshHandler", routedRounds);
        var pairs = plainRounds.Zip(routedRounds).ToList();
        report(string.Create(
            CultureInfo.InvariantCulture,
            $"| ratio, median of pairs | {Median.Of(pairs.Select(pair => pair.Second.CallsPerSecond / pair.First.CallsPerSecond)):F3} | {Median.Of(pairs.Select(pair => pair.First.Microseconds / pair.Second.Microseconds)):F3} | |"));

        void Row(string name, List<Figures> figures) => report(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {Median.Of(figures.Select(figure => figure.CallsPerSecond)):N0} | {Median.Of(figures.Select(figure => figure.Microseconds)):F2} | {Median.Of(figures.Select(figure => figure.Bytes)):N0} |"));
    }

    private async Task<Figures> LoadAsync(GrpcChannel channel, TimeSpan time)
    {
        var store = new ObjectStoreService.ObjectStoreServiceClient(channel);
        var request = new GetObjectRequest { Bucket = "bucket", Key = "key" };
        var (processor, allocated, start) = (Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(), Stopwatch.GetTimestamp());
        var counts = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            var count = 0;
            while (Stopwatch.GetElapsedTime(start) < time)
            {
                await store.GetObjectAsync(request);
                count++;
            }

            return count;
        })));
        double calls = counts.Sum();
        return new Figures(calls / Stopwatch.GetElapsedTime(start).TotalSeconds, (Environment.CpuUsage.TotalTime - processor).TotalMicroseconds / calls, (GC.GetTotalAllocatedBytes() - allocated) / calls);
    }

    private readonly record struct Figures(double CallsPerSecond, double Microseconds, double Bytes);
}
