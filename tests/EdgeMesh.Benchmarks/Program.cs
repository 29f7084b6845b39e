using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeMesh.Benchmarks;
using EdgeMesh.Benchmarks.Failover;
using EdgeMesh.Benchmarks.Identities;
using EdgeMesh.Benchmarks.Load;
using EdgeMesh.Benchmarks.Peers;
using EdgeMesh.Benchmarks.Policies;
using EdgeMesh.Benchmarks.Probes;
using EdgeMesh.Benchmarks.Report;
using EdgeMesh.Benchmarks.Routing;
using EdgeMesh.Benchmarks.Store;
using EdgeMesh.Benchmarks.Workloads;

switch (args)
{
    // Hidden: processes that a measurement starts.
    case [BareKestrel.ServeCommand, .. var sizes]: return await BareKestrel.ServeAsync(Numbers(sizes));
    case [GeneratedService.ServeCommand, .. var sizes]: return await GeneratedService.ServeAsync(Numbers(sizes));
    case [GetPeer.ServeCommand, .. var sizes]: return await GetPeer.ServeAsync(Numbers(sizes));
    case [BareNode.ServeCommand, .. var sizes]: return await BareNode.ServeAsync([.. Numbers(sizes)]);
    case [EdgeGroup.ServeCommand, var region, var admin, var group, var count]: return await EdgeGroup.ServeAsync(region, admin, group, count);
    case [DelayedReplica.ServeCommand, var size, var milliseconds]: return await DelayedReplica.ServeAsync(size, milliseconds);
    case [ReplicaServer.ServeCommand, var size]: return await ReplicaServer.ServeAsync(size);
    case [OpenLoop.Command, .. var rest]: return OpenLoop.Run(rest);

    case ["--help" or "-h", ..] or ["servers", "--help" or "-h", ..]:
        Console.WriteLine(Arguments.Usage);
        return 0;
    case ["store", ..]: return StoreCommand.Measure(args.AsSpan(1));
    case ["store-soak", ..]: return StoreCommand.Soak(args.AsSpan(1));
    case ["probing", ..]: return await ProbingCommand.RunAsync(args.AsMemory(1));
    case ["identities", ..]: return await IdentitiesCommand.RunAsync(args.AsMemory(1));
    case ["policy-push", ..]: return await PolicyPush.RunAsync(args.AsMemory(1));
    case ["routing", ..]: return await RoutingCommand.RunAsync(args.AsMemory(1));
    case ["failover", ..]: return await FailoverCommand.RunAsync(args.AsMemory(1));
    case ["workloads", ..]: return await WorkloadsCommand.RunAsync(args.AsMemory(1));
    case ["servers", ..]: return await MeasureAsync(args.AsMemory(1));
    default:
        Console.Error.WriteLine(Arguments.Usage);
        return 2;
}

static async Task<int> MeasureAsync(ReadOnlyMemory<string> options)
{
    // 1. What is asked for, and what is installed.
    var arguments = Arguments.Parse(options.Span, out var fault);
    Tools.ExtendPath();
    foreach (var (program, package) in new[] { H2Load.Needs, ("taskset", "util-linux") })
    {
        fault ??= Tools.IsInstalled(program) ? null : Tools.Missing(program, package);
    }

    if (Environment.ProcessorCount < 2)
    {
        fault ??= "Two cores are needed: one for the server, one for the load.";
    }

    if (fault is not null)
    {
        Console.Error.WriteLine($"{fault}\n--help says more.");
        return 2;
    }

    var peers = arguments.Peers.ToLookup(peer => peer.Needs is not { } needs || Tools.IsInstalled(needs.Program));
    List<string> missing = [.. peers[false].Select(peer => $"{peer.Name}: {Tools.Missing(peer.Needs!.Value.Program, peer.Needs.Value.Package)}")];
    if (!Tools.IsInstalled(Ghz.Program))
    {
        missing.Add($"with {Ghz.Program}, which is missing: https://ghz.sh");
    }

    missing.ForEach(Console.Error.WriteLine);

    // 2. Measure; whatever happens, everything ends.
    try
    {
        var result = await new ServersBenchmark(arguments.Sizes, arguments.Schedule, Console.Error.WriteLine).RunAsync([.. peers[true]], missing);
        Console.WriteLine(arguments.IsJson
            ? JsonSerializer.Serialize(result, new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true, Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } })
            : ResultTable.Format(result));
        return 0;
    }
    catch (Exception failure) when (failure is BenchmarkException or TimeoutException or InvalidOperationException)
    {
        Console.Error.WriteLine(failure.Message);
        return 1;
    }
    finally
    {
        foreach (var peer in peers[true])
        {
            await peer.DisposeAsync();
        }
    }
}

static IEnumerable<int> Numbers(IEnumerable<string> texts) => texts.Select(text => int.Parse(text, CultureInfo.InvariantCulture));
