using System.Globalization;
using EdgeMesh.Benchmarks.Load;
using EdgeMesh.Benchmarks.Peers;

namespace EdgeMesh.Benchmarks.Workloads;

/// <summary>The command <c>workloads</c>.</summary>
internal static class WorkloadsCommand
{
    /// <summary>What it says of itself.</summary>
    public const string Usage = """
        Measures how a node balances uneven replicas, beside nginx, and how it bears many workloads. What a balanced call costs is for
        servers --peer kestrel --peer nginx-least-conn --peer edgemesh-workload --size 1KiB to say.

          dotnet run -c Release --project tests/EdgeMesh.Benchmarks -- workloads uneven [--rate N] [--rounds N] [--seconds N]
          dotnet run -c Release --project tests/EdgeMesh.Benchmarks -- workloads many [--workloads N] [--replicas N]

          uneven   four replicas that take 10 ms for a call, but the last takes 50; calls come at a steady rate (default 100 a second,
                   3 interleaved rounds of 10 s); latency counts from when each call was due
          many     processes that listen and do nothing else (default 100 workloads of 5 replicas): start, list, drain

        Exit code: 0 measured, 1 something did not answer, 2 wrong arguments or a missing tool.
        """;

    // Until the node's first code has been compiled, and each replica has shown how fast it is.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);

    /// <summary>Runs it.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(ReadOnlyMemory<string> arguments)
    {
        var options = new Dictionary<string, int> { ["--rate"] = 100, ["--rounds"] = 3, ["--seconds"] = 10, ["--workloads"] = 100, ["--replicas"] = 5 };
        var kind = arguments.Length > 0 ? arguments.Span[0] : "";
        for (var i = 1; i < arguments.Length; i += 2)
        {
            if (!options.ContainsKey(arguments.Span[i]) || i + 1 == arguments.Length || !int.TryParse(arguments.Span[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value < 1)
            {
                kind = "";
                break;
            }

            options[arguments.Span[i]] = value;
        }

        Tools.ExtendPath();
        switch (kind)
        {
            case "uneven" when !Tools.IsInstalled(NginxProcess.Needs.Program):
                Console.Error.WriteLine(Tools.Missing(NginxProcess.Needs.Program, NginxProcess.Needs.Package));
                return 2;
            case "uneven":
                await MeasureUnevenAsync(options["--rate"], options["--rounds"], TimeSpan.FromSeconds(options["--seconds"]));
                return 0;
            case "many":
                Console.WriteLine(await ManyWorkloads.RunAsync(options["--workloads"], options["--replicas"]));
                return 0;
            default:
                Console.Error.WriteLine(Usage);
                return 2;
        }
    }

    private static async Task MeasureUnevenAsync(int rate, int rounds, TimeSpan duration)
    {
        UnevenReplicas[] peers = [new UnevenNginx(""), new UnevenNginx("least_conn;"), new UnevenWorkload()];
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
                    var figure = await OpenLoop.RunAsync(peer, UnevenReplicas.AnswerBytes, rate, duration);
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {round}/{rounds}: {peer.Name,-18} at {rate} calls/s p50 {figure.P50 / 1000:F1} ms, p99 {figure.P99 / 1000:F1} ms, p99.9 {figure.P999 / 1000:F1} ms"));
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
    }
}
