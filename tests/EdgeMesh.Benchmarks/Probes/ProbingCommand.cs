using System.Globalization;
using System.Text.Json;

namespace EdgeMesh.Benchmarks.Probes;

/// <summary>The command <c>probing</c>.</summary>
internal static class ProbingCommand
{
    /// <summary>What it says of itself.</summary>
    public const string Usage = """
        Measures what it costs nodes to probe each other: processor time and bytes at the socket, a node.

          dotnet run -c Release --project tests/EdgeMesh.Benchmarks -- probing [options]

          --nodes N          nodes, the Region included, 2 to 64 (default 64)
          --interval N       seconds between two probes of one pair (default 5, as nodes have it)
          --seconds N        how long each half is measured, with and without probes (default 60)
          --json             print the result as JSON

        All nodes are in one process and talk over loopback sockets: 64 need 9,000 file descriptors and a gigabyte of memory.
        Exit code: 0 measured, 2 wrong arguments.
        """;

    /// <summary>Runs it.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(ReadOnlyMemory<string> arguments)
    {
        var (nodes, interval, seconds, isJson) = (64, 5, 60, false);
        for (var i = 0; i < arguments.Length; i++)
        {
            var (name, value) = (arguments.Span[i], i + 1 < arguments.Length ? arguments.Span[i + 1] : "");
            switch (name)
            {
                case "--json": isJson = true; continue;
                case "--nodes" when TryRead(value, 2, 64, out nodes): break;
                case "--interval" when TryRead(value, 1, 60, out interval): break;
                case "--seconds" when TryRead(value, 5, 3600, out seconds): break;
                case "--help" or "-h":
                    Console.WriteLine(Usage);
                    return 0;
                default:
                    Console.Error.WriteLine($"Wrong argument: {name} {value}\n\n{Usage}");
                    return 2;
            }

            i++;
        }

        var result = await new ProbingBenchmark(nodes, TimeSpan.FromSeconds(interval), TimeSpan.FromSeconds(seconds), Console.Error.WriteLine).RunAsync();
        Console.WriteLine(isJson ? JsonSerializer.Serialize(result, new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true }) : Format(result));
        return 0;
    }

    private static string Format(ProbingResult result)
    {
        var machine = result.Machine;
        return string.Create(CultureInfo.InvariantCulture, $"""
            | a node of {result.Nodes}, each pair every {result.IntervalSeconds} s | resting | probing | of that, probes |
            |---|---|---|---|
            | processor time, share of a core | {result.Resting.CorePercent:0.00} % | {result.Probing.CorePercent:0.00} % | {result.AddedCorePercent:0.00} % |
            | bytes sent a second | {result.Resting.SentBytesPerSecond:N0} | {result.Probing.SentBytesPerSecond:N0} | {result.Probing.SentBytesPerSecond - result.Resting.SentBytesPerSecond:N0} |
            | bytes received a second | {result.Resting.ReceivedBytesPerSecond:N0} | {result.Probing.ReceivedBytesPerSecond:N0} | {result.Probing.ReceivedBytesPerSecond - result.Resting.ReceivedBytesPerSecond:N0} |
            | both | | {result.Probing.SentBytesPerSecond + result.Probing.ReceivedBytesPerSecond:N0} | {result.AddedBytesPerSecond:N0} |
            | probes sent a second | {result.Resting.ProbesPerSecond:0.0} | {result.Probing.ProbesPerSecond:0.0} | |

            {result.MeasuredPairs} of {result.Pairs} pairs measured, {result.LostProbes} probes lost. {machine.Processor}; {machine.System}; SDK {machine.Sdk}; commit {machine.Commit}; {machine.Time} UTC.
            """);
    }

    private static bool TryRead(string text, int least, int most, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= least && number <= most;
}
