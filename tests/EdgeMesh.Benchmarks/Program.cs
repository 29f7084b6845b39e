using System.Globalization;
using System.Text.Json;
using EdgeMesh.Benchmarks;

const string Usage = """
    Measures EdgeMesh against named peers, as ratios in one run.

      dotnet run -c Release --project tests/EdgeMesh.Benchmarks -- hit [options]

    Commands
      hit           calls per second on one core: a cached message of 1 KiB at an edge, and peers

    Options
      --peer NAME   also, or only, these peers; the first is the yardstick (default: all: kestrel, edgemesh)
      --rounds N    rounds of measurement (default 7)
      --seconds N   seconds per run (default 6)
      --warm-up N   seconds of load on each peer before the first round (default 20)
      --json        print the result as JSON, with the names of its fields in camel case

    It needs h2load and taskset (Debian: nghttp2-client, util-linux) and two cores that nothing else uses.
    Exit code: 0 measured, 1 a peer failed, 2 wrong arguments or a missing tool.
    """;

if (args is [BareKestrel.ServeCommand])
{
    return await BareKestrel.ServeAsync();
}

Dictionary<string, Func<Peer>> known = new()
{
    ["kestrel"] = () => new BareKestrel(),
    ["edgemesh"] = () => new EdgeMeshHit(),
};
var (names, rounds, seconds, warmUp, json) = (new List<string>(), 7, 6, 20, false);
if (args is not ["hit", ..])
{
    Console.Error.WriteLine(Usage);
    return args is ["--help" or "-h"] ? 0 : 2;
}

for (var i = 1; i < args.Length; i++)
{
    var value = i + 1 < args.Length ? args[i + 1] : "";
    switch (args[i])
    {
        case "--json": json = true; continue;
        case "--peer" when known.ContainsKey(value): names.Add(value); break;
        case "--rounds" when TryCount(value, out rounds): break;
        case "--seconds" when TryCount(value, out seconds): break;
        case "--warm-up" when TryCount(value, out warmUp): break;
        default:
            Console.Error.WriteLine($"Wrong argument: {args[i]} {value}\n\n{Usage}");
            return 2;
    }

    i++;
}

List<Peer> peers = [.. (names.Count > 0 ? names : [.. known.Keys]).Select(name => known[name]())];
try
{
    H2Load.CheckTools();
}
catch (BenchmarkException missing)
{
    Console.Error.WriteLine(missing.Message);
    return 2;
}

try
{
    var schedule = new Schedule(rounds, TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(warmUp));
    var result = await HitBenchmark.RunAsync(peers, schedule, Console.Error.WriteLine);
    Console.WriteLine(json
        ? JsonSerializer.Serialize(result, new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true })
        : ResultTable.Format(result));
    return 0;
}
catch (BenchmarkException failure)
{
    Console.Error.WriteLine(failure.Message);
    return 1;
}
finally
{
    foreach (var peer in peers)
    {
        await peer.DisposeAsync();
    }
}

static bool TryCount(string text, out int number) =>
    int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number is >= 1 and <= 3600;
