using System.Diagnostics;
using System.Globalization;
using EdgeMesh.Benchmarks.Peers;
using EdgeMesh.Benchmarks.Report;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Net.Client;

namespace EdgeMesh.Benchmarks.Policies;

/// <summary>The command <c>policy-push</c>: how long from asking a Region for a policy until every edge follows it.</summary>
internal static class PolicyPush
{
    /// <summary>What it says of itself.</summary>
    public const string Usage = """
        Measures how long a policy takes from ApplyPolicy to the first call of each edge that follows it: one Region, and edges in several processes.

          dotnet run -c Release --project tests/EdgeMesh.Benchmarks -- policy-push [options]

          --processes N      processes with edges (default 5)
          --edges N          edges in each (default 10)
          --rounds N         policies applied (default 50)
          --warm-up N        policies applied before them, which do not count (default 20): the processes compile what they run, and 50 nodes connect to one another

        Time runs by the machine's monotonic clock, from before the call to the Region, so that the disk is in it.
        """;

    /// <summary>Runs it.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(ReadOnlyMemory<string> arguments)
    {
        var (processes, edges, rounds, warmUp) = (5, 10, 50, 20);
        for (var i = 0; i < arguments.Length; i += 2)
        {
            var value = 0;
            if (i + 1 >= arguments.Length || !int.TryParse(arguments.Span[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out value) || value is < 1 or > 10_000 || arguments.Span[i] is not ("--processes" or "--edges" or "--rounds" or "--warm-up"))
            {
                Console.Error.WriteLine(Usage);
                return arguments.Span[i] is "--help" or "-h" ? 0 : 2;
            }

            switch (arguments.Span[i])
            {
                case "--processes":
                    processes = value;
                    break;
                case "--edges":
                    edges = value;
                    break;
                case "--rounds":
                    rounds = value;
                    break;
                default:
                    warmUp = value;
                    break;
            }
        }

        using var files = new TempDirectory();
        await using var region = await NodeProcess.StartRegionAsync(files.File("region"), "--log-level", "warning");
        var groups = new List<ChildProcess>();
        try
        {
            for (var group = 1; group <= processes; group++)
            {
                groups.Add(ChildProcess.Start(
                    DotNetHost.Path,
                    [Path.Combine(AppContext.BaseDirectory, KestrelProcess.Assembly), EdgeGroup.ServeCommand, Address(region.Address), Address(region.AdminAddress), Text(group), Text(edges)]));
            }

            using var channel = GrpcChannel.ForAddress(region.AdminAddress);
            await WaitUntilJoinedAsync(new TopologyService.TopologyServiceClient(channel), processes * edges);
            var client = new PolicyService.PolicyServiceClient(channel);
            List<double> milliseconds = [];
            List<double> answered = [];
            var slowestFirst = 0.0;
            for (var round = 1; round <= warmUp + rounds; round++)
            {
                var start = Stopwatch.GetTimestamp();
                var policy = new Policy { Rules = { new CacheRule { Methods = { "shop.v1.Catalog/*" }, Ttl = new Duration { Seconds = round } } } };
                var version = (await client.ApplyPolicyAsync(new ApplyPolicyRequest { Policy = policy })).Version.Version;
                answered.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                milliseconds.AddRange((await TakeAsync(groups, version, processes * edges)).Select(time => Stopwatch.GetElapsedTime(start, time).TotalMilliseconds));
                if (round == 1)
                {
                    slowestFirst = milliseconds.Max();
                }

                if (round == warmUp)
                {
                    milliseconds.Clear();
                    answered.Clear();
                }
            }

            milliseconds.Sort();
            answered.Sort();
            var machine = await Machine.DescribeAsync();
            Console.WriteLine($"{machine.Time}, {machine.Processor}, {machine.System}, SDK {machine.Sdk}, commit {machine.Commit}");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rounds} policies to {processes * edges} edges in {processes} processes, from asking until followed: p50 {At(milliseconds, 0.5):0.0} ms, p90 {At(milliseconds, 0.9):0.0} ms, p99 {At(milliseconds, 0.99):0.0} ms, max {milliseconds[^1]:0.0} ms; the Region's own answer, durable: p50 {At(answered, 0.5):0.0} ms, p90 {At(answered, 0.9):0.0} ms, max {answered[^1]:0.0} ms; the very first policy reached the last edge in {slowestFirst:0} ms"));
            return 0;

            static double At(List<double> sorted, double share) => sorted[Math.Min(sorted.Count - 1, (int)(share * sorted.Count))];
        }
        finally
        {
            foreach (var group in groups)
            {
                await group.DisposeAsync();
            }
        }
    }

    private static async Task WaitUntilJoinedAsync(TopologyService.TopologyServiceClient topology, int edges)
    {
        while ((await topology.ListNodesAsync(new ListNodesRequest())).Nodes.Count(node => node is { Kind: NodeKind.EdgeLocation, State: NodeState.Ready } && node.Report is not null) < edges)
        {
            await Task.Delay(100);
        }
    }

    /// <summary>When each edge began to follow a version.</summary>
    private static async Task<List<long>> TakeAsync(List<ChildProcess> groups, ulong version, int edges)
    {
        var prefix = string.Create(CultureInfo.InvariantCulture, $"{EdgeGroup.PolicyWord}{version} ");
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            var times = groups.SelectMany(group => group.Transcript.ToList()).Where(line => line.StartsWith(prefix, StringComparison.Ordinal)).Select(line => long.Parse(line[prefix.Length..], CultureInfo.InvariantCulture)).ToList();
            if (times.Count >= edges)
            {
                return times;
            }

            if (Stopwatch.GetElapsedTime(start) > TestDeadline.Default)
            {
                throw new BenchmarkException($"only {times.Count} of {edges} edges follow policy {version}");
            }

            await Task.Delay(20);
        }
    }

    private static string Address(Uri uri) => uri.GetLeftPart(UriPartial.Authority);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
