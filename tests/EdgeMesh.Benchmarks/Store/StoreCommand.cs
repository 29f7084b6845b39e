using System.Globalization;
using EdgeMesh.Benchmarks.Operations;
using EdgeMesh.Benchmarks.Store.Operations;

namespace EdgeMesh.Benchmarks.Store;

/// <summary>The commands <c>store</c> and <c>store-soak</c>.</summary>
internal static class StoreCommand
{
    /// <summary>What they say of themselves.</summary>
    public const string Usage = """
        Measures the store beside a ConcurrentDictionary and MemoryCache, all behind one seam, or soaks it.

          dotnet run -c Release --project tests/EdgeMesh.Benchmarks -- store [WHAT...] [--rounds N]
          dotnet run -c Release --project tests/EdgeMesh.Benchmarks -- store-soak [options]

        store: WHAT is any of (default: all but pauses)
          operations         hash, lookup, insertion with eviction, mixes of reads and writes by Zipf's law; 1 and 2 threads; by BenchmarkDotNet
          bytes              bytes an entry at a million entries of 100 B and of 1 KiB; 1.5 GiB of memory
          purge              a tag of a million entries
          pauses             full collections with ten million entries in the store, and with 10 GiB under churn; 11 GiB of memory
          --rounds N         iterations of an operation, or full collections, of which the median counts (default 7)

        store-soak: hits, insertions, purges and slow readers at once, every byte checked, all parts held against one another
          --minutes N        how long (default 10)
          --budget SIZE      the store's budget, such as 512MiB or 4GiB (default 4GiB)
          --rate N           insertions a second (default 50000)
          --poison           fill freed memory with a pattern, and look for it
          --resize           change the budget all the time; without it, overshoot is judged too

        Times are by the clock. An operation's time is that of each of its threads: two that do not hinder each other take as long as one.
        Exit code: 0 measured, or nothing wrong; 1 something was wrong; 2 wrong arguments.
        """;

    /// <summary>Runs <c>store</c>.</summary>
    /// <returns>The exit code.</returns>
    public static int Measure(ReadOnlySpan<string> arguments)
    {
        var (what, rounds) = (new List<string>(), 7L);
        for (var i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] is "operations" or "bytes" or "purge" or "pauses")
            {
                what.Add(arguments[i]);
            }
            else if (arguments[i] != "--rounds" || !TryRead(arguments, ++i, string.Empty, out rounds))
            {
                return Refuse(arguments, i);
            }
        }

        var benchmark = new StoreBenchmark((int)rounds, Console.WriteLine);
        foreach (var part in what.Count > 0 ? what : ["operations", "bytes", "purge"])
        {
            switch (part)
            {
                case "operations" when !OperationsRun.TryMeasure((int)rounds, typeof(Hashes), typeof(Lookups), typeof(Insertions), typeof(Mixes)): return 1;
                case "operations": break;
                case "bytes": benchmark.MeasureBytes(); break;
                case "purge": benchmark.MeasurePurge(); break;
                default:
                    benchmark.MeasurePauses();
                    benchmark.MeasurePausesUnderChurn();
                    break;
            }
        }

        return 0;
    }

    /// <summary>Runs <c>store-soak</c>.</summary>
    /// <returns>The exit code.</returns>
    public static int Soak(ReadOnlySpan<string> arguments)
    {
        var (minutes, budget, rate, poisons, resizes) = (10L, 4L << 30, 50_000L, false, false);
        for (var i = 0; i < arguments.Length; i++)
        {
            var isRead = arguments[i] switch
            {
                "--minutes" => TryRead(arguments, ++i, string.Empty, out minutes),
                "--budget" => TryRead(arguments, ++i, "iB", out budget),
                "--rate" => TryRead(arguments, ++i, string.Empty, out rate),
                "--poison" => poisons = true,
                "--resize" => resizes = true,
                _ => false,
            };
            if (!isRead)
            {
                return Refuse(arguments, i);
            }
        }

        return new StoreSoak(TimeSpan.FromMinutes(minutes), budget, (int)rate, poisons, resizes, Console.WriteLine).Run() ? 0 : 1;
    }

    private static int Refuse(ReadOnlySpan<string> arguments, int at)
    {
        if (arguments is ["--help" or "-h"])
        {
            Console.WriteLine(Usage);
            return 0;
        }

        Console.Error.WriteLine($"Wrong argument: {arguments[Math.Min(at, arguments.Length - 1)]}\n\n{Usage}");
        return 2;
    }

    private static bool TryRead(ReadOnlySpan<string> arguments, int at, string unit, out long number)
    {
        var text = at < arguments.Length ? arguments[at] : string.Empty;
        var shift = unit.Length == 0 || !text.EndsWith(unit, StringComparison.Ordinal) ? 0 : text[..^unit.Length] switch
        {
            [.., 'K'] => 10,
            [.., 'M'] => 20,
            [.., 'G'] => 30,
            _ => 0,
        };
        var digits = shift == 0 ? text : text[..^(unit.Length + 1)];
        var isRead = long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number is >= 1 and <= int.MaxValue;
        number <<= shift;
        return isRead;
    }
}
