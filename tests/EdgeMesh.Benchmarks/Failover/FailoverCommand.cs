using System.Globalization;
using System.Text.Json;
using EdgeMesh.Benchmarks.Report;

namespace EdgeMesh.Benchmarks.Failover;

/// <summary>The command <c>failover</c>.</summary>
internal static class FailoverCommand
{
    /// <summary>What it says of itself.</summary>
    public const string Usage = """
        Measures what callers of the routing client see when the node that takes their calls is killed, or hangs: real processes
        on this machine, a Region and two edge locations, all of which have the object that is asked for.

          dotnet run -c Release --project tests/EdgeMesh.Benchmarks -- failover [options]

          --rounds N         rounds, each with a mesh of its own that is killed at and one that hangs (default 3)
          --rate N           calls a second, at a steady rate (default 500)
          --json             print the result as JSON

        Exit code: 0 measured, 1 a call failed or a node was never left, 2 wrong arguments.
        """;

    /// <summary>Runs it.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(ReadOnlyMemory<string> arguments)
    {
        var (rounds, rate, isJson) = (3, 500, false);
        for (var i = 0; i < arguments.Length; i++)
        {
            var (name, value) = (arguments.Span[i], i + 1 < arguments.Length ? arguments.Span[i + 1] : "");
            switch (name)
            {
                case "--json": isJson = true; continue;
                case "--rounds" when TryRead(value, 1, 100, out rounds): break;
                case "--rate" when TryRead(value, 10, 5000, out rate): break;
                case "--help" or "-h":
                    Console.WriteLine(Usage);
                    return 0;
                default:
                    Console.Error.WriteLine($"Wrong argument: {name} {value}\n\n{Usage}");
                    return 2;
            }

            i++;
        }

        var figures = new List<FailoverFigure>();
        for (var round = 0; round < rounds; round++)
        {
            foreach (var isKill in new[] { true, false })
            {
                var figure = await FailoverRun.RunAsync(isKill, rate);
                figures.Add(figure);
                Console.Error.WriteLine(figure);
            }
        }

        if (isJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { Machine = await Machine.DescribeAsync(), Figures = figures }, new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true }));
        }
        else
        {
            Console.WriteLine("| medians | failed calls | p99 before | p99 of the second after | longest | calls went elsewhere after |\n|---|---|---|---|---|---|");
            foreach (var same in figures.GroupBy(figure => figure.Event))
            {
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {same.Key} | {same.Sum(one => one.FailedCalls)} of {same.Sum(one => one.Calls)} | {Median.Of(same.Select(one => one.P99BeforeMs)):0.0} ms | {Median.Of(same.Select(one => one.P99SecondAfterMs)):0.0} ms | {same.Max(one => one.LongestMs):0} ms | {Median.Of(same.Select(one => one.LeftAfterMs)):0} ms |"));
            }
        }

        return figures.Any(figure => figure.FailedCalls > 0 || double.IsNaN(figure.LeftAfterMs)) ? 1 : 0;
    }

    private static bool TryRead(string text, int least, int most, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= least && number <= most;
}
