using System.Globalization;
using EdgeMesh.Benchmarks.Load;
using EdgeMesh.Benchmarks.Peers;
using EdgeMesh.Benchmarks.Report;
using EdgeMesh.Testing;

namespace EdgeMesh.Benchmarks.Workloads;

/// <summary>What a Local Zone adds to a call that comes alone, beside nginx: one replica, asked directly and through each of them, round about.</summary>
/// <remarks>Nothing is pinned, as nothing is where users run it.</remarks>
internal static class AddedLatency
{
    private const int AnswerBytes = 1024;

    // Each process has compiled what it needs, and again what it needs often.
    private const int WarmUpCalls = 20_000;

    /// <summary>Measures, and prints one table.</summary>
    public static async Task RunAsync(int rounds, int calls)
    {
        // 1. A replica, and who stands before it.
        using var files = new TempDirectory();
        await using var replica = ChildProcess.Start(DotNetHost.Path, [Path.Combine(AppContext.BaseDirectory, KestrelProcess.Assembly), .. KestrelProcess.Arguments(BareKestrel.ServeCommand, [AnswerBytes])]);
        var direct = await KestrelProcess.WaitAsync(replica);
        var port = FreePort.Take();
        await using var nginx = ChildProcess.Start("nginx", ["-c", NginxProcess.Write(files, BalancedReplicas.ConfigureNginx(port, "least_conn;", [direct]))]);
        await using var mesh = new ZoneUnderRegion();
        await mesh.StartAsync(direct, direct, region => region);
        (string Name, LoadTarget Target)[] ways =
        [
            ("the replica itself", To(direct)), ("through nginx grpc_pass", To(await ListeningPort.WaitAsync(port))), ("through a Local Zone", To(mesh.Zone.Address)),
        ];

        // 2. Rounds.
        foreach (var (name, target) in ways)
        {
            await H2Load.TimeEachAsync(name, target, WarmUpCalls);
        }

        var medians = ways.ToDictionary(way => way.Name, _ => new List<double>());
        for (var round = 1; round <= rounds; round++)
        {
            foreach (var (name, target) in ways)
            {
                var times = await H2Load.TimeEachAsync(name, target, calls);
                medians[name].Add(times[times.Count / 2]);
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {round}/{rounds}: {name,-24} p50 {times[times.Count / 2]:F0} µs, p99 {times[(int)(times.Count * 0.99)]:F0} µs"));
            }
        }

        // 3. Each round beside the same round's direct calls.
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {rounds} rounds of {calls:N0} calls, one at a time | p50, median | added to it, median | least and most added |\n|---|---|---|---|"));
        foreach (var (name, _) in ways)
        {
            var added = medians[name].Zip(medians[ways[0].Name], (through, alone) => through - alone).Order().ToList();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {Median.Of(medians[name]):F0} µs | {Median.Of(added):F0} µs | {added[0]:F0}, {added[^1]:F0} µs |"));
        }

        static LoadTarget To(Uri address) => new(new Uri(address, BareKestrel.Path(AnswerBytes)), BareKestrel.EmptyRequest());
    }
}
