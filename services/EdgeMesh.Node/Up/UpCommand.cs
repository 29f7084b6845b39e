using System.CommandLine;
using System.Globalization;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Policies;
using EdgeMesh.Node.Servers;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Up;

/// <summary><c>edgemesh up</c>.</summary>
/// <remarks>
/// <list type="number">
/// <item>Start the Region, then the edges and Local Zones, each as a child process; wait until all are healthy.</item>
/// <item>Load the demo bucket; fetch an object twice through every edge. With zones: be greeted by each.</item>
/// <item>Show nodes and calls. With <c>--check</c>: judge them and end.</item>
/// <item>Show the nodes' log until Ctrl-C; a child that ends by itself is named, not restarted, and makes the exit code 1.</item>
/// <item>Stop the edges, then the Region; remove a temporary data directory.</item>
/// </list>
/// </remarks>
internal sealed class UpCommand : CliCommand
{
    private const int DefaultPort = 6400;
    private const int DefaultEdges = 3;

    /// <summary>Several caches share one machine here: the node's own default, a quarter of its memory, would add up to all of it.</summary>
    private static readonly ByteSize DefaultCacheBytes = new(128L << 20);

    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    private readonly Option<bool> _check = CliOption.Flag("--check", "Do it all once, verify that every edge answers a miss and then a hit and that every zone greets by itself, and end with exit code 0 or 1.");
    private readonly Option<int> _edges = CliOption.Value("--edges", "N", "How many edge locations.", WholeNumber.Between(0, MeshPlan.MostEdges), DefaultEdges);
    private readonly Option<int> _zones = CliOption.Value("--zones", "N", "How many Local Zones; a greeter is placed in each, and runs at the Region as well.", WholeNumber.Between(0, MeshPlan.MostZones), 0);
    private readonly Option<int> _port = CliOption.Value("--port", "PORT", "The Region's port; edges and zones take the next ones, and the admin listeners those from 100 above it. One that is taken is passed over; 0: any free ones.", WholeNumber.Between(0, 65_535), DefaultPort);
    private readonly Option<string?> _data = CliOption.Text("--data", "DIR", "Where the Region keeps its objects; default: a temporary directory, removed at the end.");
    private readonly Option<ByteSize> _cacheBytes = CliOption.Value("--cache-bytes", "SIZE", "Budget of each edge's cache.", ByteSize.TryRead, DefaultCacheBytes);
    private readonly Option<string?> _policy = CliOption.Text("--policy", "FILE", "A policy to put in force before the first call (docs/policy.md).");
    private readonly OriginArguments _origins;
    private readonly Option<bool> _json = CliOption.Json();

    /// <summary>Creates the command.</summary>
    public UpCommand(Terminal terminal)
        : base(
            "up",
            "Starts a whole mesh on this machine, each node a process of its own, loads a bucket named demo, shows a miss become a hit, then the nodes' log until Ctrl-C.",
            [
                "edgemesh up",
                "edgemesh up --edges 5 --data ./mesh-data",
                "edgemesh up --zones 1",
                "edgemesh up --origin shop.v1.=http://127.0.0.1:9000 --origin-reflection shop.v1.",
                "edgemesh up --policy policy.yaml",
                "edgemesh up --check",
            ],
            terminal)
    {
        Add(_check);
        Add(_edges);
        Add(_zones);
        Add(_port);
        Add(_data);
        Add(_cacheBytes);
        Add(_policy);
        _origins = new(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(MeshJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var policy = parsed.GetValue(_policy) is { } path ? await PolicyFile.ReadAsync(path, Terminal.Input, cancellationToken) : null;
        if (policy is { Faults.Count: > 0 })
        {
            PolicyTarget.Tell(Terminal, policy.Faults);
            return ExitCodes.Usage;
        }

        using var data = MeshData.Open(parsed.GetValue(_data));
        string[] edges = [.. Enumerable.Range(0, parsed.GetRequiredValue(_edges)).Select(MeshPlan.EdgeName)];
        string[] names = [MeshPlan.RegionName, .. edges, .. Enumerable.Range(0, parsed.GetRequiredValue(_zones)).Select(MeshPlan.ZoneName)];
        var json = parsed.GetValue(_json);
        var log = new EventLog(json ? Terminal.ErrorConsole : Terminal.OutConsole, names);
        await using var mesh = new Mesh(SelfProgram.Find(), TimeProvider.System);
        try
        {
            var report = await StartAsync(mesh, names, edges.Length, data.Path, policy, parsed, log, cancellationToken);
            var check = parsed.GetValue(_check);
            var faults = check ? [.. DemoCalls.FindFaults(report.Calls, edges), .. DemoGreetings.FindFaults(report.Greetings)] : (IReadOnlyList<string>)[];
            new UpReport(Terminal).Write(check ? report with { Passed = faults.Count == 0 } : report, json);
            if (check)
            {
                foreach (var fault in faults)
                {
                    await Terminal.Error.WriteLineAsync($"edgemesh: check failed: {fault}");
                }

                return faults.Count == 0 ? ExitCodes.Success : ExitCodes.Failed;
            }

            new UpReport(Terminal).WriteHints(SelfProgram.Find(), report, (await mesh.Children[0].Ready).Admin);
            log.Release();
            return await FollowAsync(mesh, cancellationToken);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested && !parsed.GetValue(_check))
        {
            // Whatever it was waiting for: the end was asked for, and a server that ends when asked has done well.
            return ExitCodes.Success;
        }
        catch (CliException)
        {
            // The nodes' own lines say more than ours.
            log.Release();
            throw;
        }
    }

    private async Task<MeshJson> StartAsync(Mesh mesh, string[] names, int edgeCount, string data, PolicyFile? policy, ParseResult parsed, EventLog log, CancellationToken cancellationToken)
    {
        var zoneCount = names.Length - 1 - edgeCount;
        var ports = MeshPlan.ChoosePorts(parsed.GetRequiredValue(_port), names.Length);
        var started = TimeProvider.System.GetTimestamp();
        async Task<ChildAddresses> StartNodeAsync(string name, IReadOnlyList<string> arguments)
        {
            var addresses = await mesh.StartAsync(name, arguments, log.Write, cancellationToken);
            await Terminal.Error.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"{name,-10} ready at {TargetAddress.Show(addresses.Data)} after {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0.0} s"));
            return addresses;
        }

        await Terminal.Error.WriteLineAsync($"starting {names.Length} {(names.Length == 1 ? "node" : "nodes")}, data in {data}");
        var region = await StartNodeAsync(names[0], [.. MeshPlan.RegionArguments(names[0], ports[0], data, _origins.Read(parsed)), .. zoneCount > 0 ? MeshPlan.RegionZoneArguments(SelfProgram.Find()) : []]);
        if (policy is not null)
        {
            await ApplyAsync(policy, region.Admin, cancellationToken);
        }

        var cacheBytes = parsed.GetRequiredValue(_cacheBytes);
        var others = await Task.WhenAll(names.Zip(ports).Skip(1).Select((node, i) => StartNodeAsync(
            node.First,
            i < edgeCount
                ? MeshPlan.EdgeArguments(node.First, node.Second, region, cacheBytes)
                : MeshPlan.ZoneArguments(node.First, node.Second, region, cacheBytes, data, SelfProgram.Find()))));
        var nodes = await mesh.WaitUntilHealthyAsync(cancellationToken);

        using (var connection = new TargetConnection(region.Data, CallTimeout, TimeProvider.System))
        {
            await DemoBucket.LoadAsync(connection, cancellationToken);
        }

        var reached = names.Skip(1).Zip(others.Select(node => node.Data)).ToList();
        var calls = await DemoCalls.RunAsync(reached.Take(edgeCount), CallTimeout, TimeProvider.System, cancellationToken);
        var greetings = zoneCount > 0 ? await DemoGreetings.RunAsync((names[0], region.Data), reached.Skip(edgeCount), CallTimeout, TimeProvider.System, cancellationToken) : [];
        return new(nodes, calls, greetings, null);
    }

    /// <summary>Puts a policy in force before an edge is there that could answer by another.</summary>
    private async Task ApplyAsync(PolicyFile policy, Uri admin, CancellationToken cancellationToken)
    {
        using var target = new PolicyTarget(new TargetConnection(admin, CallTimeout, TimeProvider.System));
        try
        {
            var applied = await target.ApplyAsync(new ApplyPolicyRequest { Policy = policy.Policy, Note = "up" }, cancellationToken);
            PolicyTarget.TellNotes(Terminal, applied.Notes);
        }
        catch (TargetException refused) when (PolicyTarget.ReadFaults(refused) is { Count: > 0 } faults)
        {
            PolicyTarget.Tell(Terminal, faults.Select(policy.Locate));
            throw new CliException($"{policy.Path} is not in force");
        }
    }

    /// <summary>Waits for Ctrl-C, or for the last child to end by itself; names each that does.</summary>
    private async Task<int> FollowAsync(Mesh mesh, CancellationToken cancellationToken)
    {
        var running = mesh.Children.ToList();
        var exitCode = ExitCodes.Success;
        while (running.Count > 0)
        {
            try
            {
                await Task.WhenAny(running.Select(child => child.Ended)).WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return exitCode;
            }

            foreach (var child in running.Where(child => child.Ended.IsCompleted).ToArray())
            {
                running.Remove(child);
                exitCode = ExitCodes.Failed;
                await Terminal.Error.WriteLineAsync($"edgemesh: {child.Name} ended by itself with exit code {await child.Ended}; it is not restarted. Start it again with:");
                await Terminal.Error.WriteLineAsync($"  {SelfProgram.Find().Show(MeshPlan.ByHand(child.Arguments))}");
            }
        }

        return exitCode;
    }
}
