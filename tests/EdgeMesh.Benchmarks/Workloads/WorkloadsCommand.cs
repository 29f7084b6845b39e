using System.Globalization;
using EdgeMesh.Benchmarks.Load;
using EdgeMesh.Benchmarks.Peers;

namespace EdgeMesh.Benchmarks.Workloads;

/// <summary>The command <c>workloads</c>.</summary>
internal static class WorkloadsCommand
{
    /// <summary>What it says of itself.</summary>
    public const string Usage = """
        Measures how a node balances, what a Local Zone adds to a call and saves on its way, and how nodes bear changes and many workloads. What a balanced
        call costs is for servers --peer kestrel --peer nginx-least-conn --peer edgemesh-workload --size 1KiB to say.

          dotnet run -c Release --project tests/EdgeMesh.Benchmarks -- workloads uneven|added|near|changes|many [options]

          uneven   four replicas that take 10 ms for a call, but the last takes 50, behind nginx (round robin, least_conn) and a Region; calls come at a
                   steady rate, latency counts from when each was due: --rate 100 --rounds 3 --seconds 10
          added    one call at a time to a replica, directly, through nginx and through a Local Zone: --rounds 5 --calls 5000
          near     the same service in a zone 2 ms away and in its Region 40 ms away, behind delaying relays: --rate 50 --rounds 3 --seconds 10
          changes  replicas are killed, replaced and scaled while h2load calls them; exit code 1 if a call fails: --rate 1000 --seconds 20
          many     processes that listen and do nothing else: start, list, drain: --workloads 100 --replicas 5

        Options are shown with their defaults; all are whole numbers from 1.
        Exit code: 0 measured, 1 a call failed or something did not answer, 2 wrong arguments or a missing tool.
        """;

    // What each measures if nothing is said, and which options it knows by that.
    private static readonly Dictionary<string, Dictionary<string, int>> Defaults = new()
    {
        ["uneven"] = new() { ["--rate"] = 100, ["--rounds"] = 3, ["--seconds"] = 10 },
        ["added"] = new() { ["--rounds"] = 5, ["--calls"] = 5000 },
        ["near"] = new() { ["--rate"] = 50, ["--rounds"] = 3, ["--seconds"] = 10 },
        ["changes"] = new() { ["--rate"] = 1000, ["--seconds"] = 20 },
        ["many"] = new() { ["--workloads"] = 100, ["--replicas"] = 5 },
    };

    /// <summary>Runs it.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(ReadOnlyMemory<string> arguments)
    {
        var kind = arguments.Length > 0 ? arguments.Span[0] : "";
        if (!Defaults.TryGetValue(kind, out var options))
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }

        for (var i = 1; i < arguments.Length; i += 2)
        {
            if (!options.ContainsKey(arguments.Span[i]) || i + 1 == arguments.Length || !int.TryParse(arguments.Span[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value < 1)
            {
                Console.Error.WriteLine($"Wrong argument of {kind}: {string.Join(' ', arguments[i..])}\n\n{Usage}");
                return 2;
            }

            options[arguments.Span[i]] = value;
        }

        Tools.ExtendPath();
        foreach (var (program, package) in kind switch { "uneven" => [NginxProcess.Needs], "added" => [NginxProcess.Needs, H2Load.Needs], "changes" => [H2Load.Needs], _ => ((string, string)[])[] })
        {
            if (!Tools.IsInstalled(program))
            {
                Console.Error.WriteLine(Tools.Missing(program, package));
                return 2;
            }
        }

        var duration = TimeSpan.FromSeconds(options.GetValueOrDefault("--seconds"));
        try
        {
            await (kind switch
            {
                "uneven" => UnevenRun.RunAsync(options["--rate"], options["--rounds"], duration),
                "added" => AddedLatency.RunAsync(options["--rounds"], options["--calls"]),
                "near" => NearAndFar.RunAsync(options["--rate"], options["--rounds"], duration),
                "changes" => ChangesUnderLoad.RunAsync(options["--rate"], duration),
                _ => ManyWorkloads.RunAsync(options["--workloads"], options["--replicas"]),
            });
            return 0;
        }
        catch (Exception failure) when (failure is BenchmarkException or TimeoutException or InvalidOperationException)
        {
            Console.Error.WriteLine(failure.Message);
            return 1;
        }
    }
}
