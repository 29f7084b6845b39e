using System.Globalization;
using EdgeMesh.Benchmarks.Operations;

namespace EdgeMesh.Benchmarks.Routing;

/// <summary>The command <c>routing</c>.</summary>
internal static class RoutingCommand
{
    /// <summary>What it says of itself.</summary>
    public const string Usage = """
        Measures the routing client.

          dotnet run -c Release --project tests/EdgeMesh.Benchmarks -- routing [WHAT...] [options]

        WHAT is any of (default: all)
          picks              choosing one of 64 nodes for a call; by BenchmarkDotNet
          overheads          what the library adds to a unary call over connections that answer at once; by BenchmarkDotNet
          calls              unary calls over the library beside a plain SocketsHttpHandler, to one node over loopback

          --rounds N         iterations of a pick, or pairs of rounds of calls, of which the median counts (default 7)
          --seconds N        seconds of a round of calls (default 4)
          --callers N        calls at a time (default 32)
          --size N           bytes of an answer (default 1024)

        calls needs taskset (Debian: util-linux) and two cores that nothing else uses: one for the client, one for the node.
        Exit code: 0 measured, 1 not all could be, 2 wrong arguments.
        """;

    /// <summary>Runs it.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(ReadOnlyMemory<string> arguments)
    {
        var (what, rounds, seconds, callers, size) = (new List<string>(), 7, 4, 32, 1024);
        for (var i = 0; i < arguments.Length; i++)
        {
            var (name, value) = (arguments.Span[i], i + 1 < arguments.Length ? arguments.Span[i + 1] : "");
            switch (name)
            {
                case "picks" or "overheads" or "calls": what.Add(name); continue;
                case "--rounds" when TryRead(value, 1, 1000, out rounds): break;
                case "--seconds" when TryRead(value, 1, 600, out seconds): break;
                case "--callers" when TryRead(value, 1, 10_000, out callers): break;
                case "--size" when TryRead(value, 0, 1 << 20, out size): break;
                case "--help" or "-h":
                    Console.WriteLine(Usage);
                    return 0;
                default:
                    Console.Error.WriteLine($"Wrong argument: {name} {value}\n\n{Usage}");
                    return 2;
            }

            i++;
        }

        what = what.Count > 0 ? what : ["picks", "overheads", "calls"];
        if ((what.Contains("picks") && !OperationsRun.TryMeasure(rounds, typeof(Picks))) || (what.Contains("overheads") && !OperationsRun.TryMeasure(rounds, typeof(Overheads))))
        {
            return 1;
        }

        if (what.Contains("calls"))
        {
            await new RoutedCalls(size, callers, rounds, TimeSpan.FromSeconds(seconds), Console.WriteLine).RunAsync();
        }

        return 0;
    }

    private static bool TryRead(string text, int least, int most, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= least && number <= most;
}
