using System.CommandLine;
using System.CommandLine.Help;
using EdgeMesh.Node.CacheSimulation;
using EdgeMesh.Node.Calls;
using EdgeMesh.Node.Certificates;
using EdgeMesh.Node.Completion;
using EdgeMesh.Node.Configuration;
using EdgeMesh.Node.Greeting;
using EdgeMesh.Node.LabUp;
using EdgeMesh.Node.Latencies;
using EdgeMesh.Node.Objects;
using EdgeMesh.Node.Operate;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Policies;
using EdgeMesh.Node.Purges;
using EdgeMesh.Node.Servers;
using EdgeMesh.Node.Simulation;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Tokens;
using EdgeMesh.Node.Top;
using EdgeMesh.Node.Up;
using EdgeMesh.Node.Workloads;
using EdgeMesh.Node.Zones;

namespace EdgeMesh.Node.CommandLine;

/// <summary>All commands of <c>edgemesh</c>.</summary>
internal static class CommandTree
{
    /// <summary>Examples of <c>edgemesh --help</c>.</summary>
    public static IReadOnlyList<string> RootExamples { get; } =
    [
        "edgemesh up",
        "edgemesh get demo/hello.txt --to http://127.0.0.1:6401 --verbose",
        "edgemesh call 127.0.0.1:6401 --list",
    ];

    /// <summary>Builds the tree.</summary>
    /// <param name="terminal">Where commands read and write.</param>
    /// <param name="interruption">What ends servers.</param>
    /// <param name="given">What the process was given: servers read it again when they reload.</param>
    /// <param name="random">Draws the number of an edge location whose name leaves it open.</param>
    public static RootCommand Create(Terminal terminal, Interruption interruption, GivenOptions given, Random random)
    {
        ServerCommand[] servers = [new RegionCommand(terminal, interruption, given), new EdgeCommand(terminal, interruption, given, random), new ZoneCommand(terminal, interruption, given), new RouteCommand(terminal, interruption, given)];
        var root = new RootCommand("EdgeMesh, a content delivery network for gRPC: a Region, edge locations that cache its answers, and the tools to use them.")
        {
            servers[0],
            servers[1],
            servers[2],
            servers[3],
            new UpCommand(terminal),
            new PutCommand(terminal),
            new GetCommand(terminal),
            new ListCommand(terminal),
            new StatCommand(terminal),
            new RemoveCommand(terminal),
            new MakeBucketCommand(terminal),
            new RemoveBucketCommand(terminal),
            new NodesCommand(terminal),
            new TopCommand(terminal),
            new PingCommand(terminal),
            new RankCommand(terminal),
            new CommandGroup("latency", "How far the nodes of a mesh are from each other, and from their clients.", new MatrixCommand(terminal), new WatchCommand(terminal), new ObjectivesCommand(terminal)),
            new CommandGroup("zones", "The groups of Local Zones that a Region places services in.", new ListZonesCommand(terminal), SetZoneGroupCommand.Enable(terminal), SetZoneGroupCommand.Disable(terminal)),
            new PurgeCommand(terminal),
            new DrainCommand(terminal),
            new BackupCommand(terminal),
            new RestoreCommand(terminal),
            new HealthCommand(terminal),
            new CallCommand(terminal),
            new CommandGroup("lab", "What a network would have done.", new SimulateCommand(terminal), new RoutingSimulationCommand(terminal), new DelayedMeshCommand(terminal)),
            new CommandGroup("cache", "What a cache would have done with your traffic.", new CacheSimulateCommand(terminal)),
            new GreeterCommand(terminal),
            new CompletionCommand(terminal),
            new ValidateCommand(terminal),
            new CommandGroup("token", "The tokens of a Region: what holders of one may do beyond its own machine.", new CreateTokenCommand(terminal), new ListTokensCommand(terminal), new RevokeTokenCommand(terminal)),
            new CommandGroup(
                "policy",
                "What is cached where no answer says so: rules that a Region pushes to every node.",
                new ApplyPolicyCommand(terminal),
                new GetPolicyCommand(terminal),
                new ValidatePolicyCommand(terminal),
                new DiffPolicyCommand(terminal),
                new PolicyHistoryCommand(terminal),
                new RollbackPolicyCommand(terminal),
                new ExplainPolicyCommand(terminal),
                new ShadowPolicyCommand(terminal)),
            new CommandGroup(
                "workload",
                "Your own gRPC services that a node runs, or knows by address, and balances: its configuration names them.",
                new ListWorkloadsCommand(terminal),
                new DescribeWorkloadCommand(terminal),
                new WorkloadLogsCommand(terminal),
                new RunWorkloadCommand(terminal),
                new ScaleWorkloadCommand(terminal),
                new ReplaceWorkloadCommand(terminal),
                new DrainWorkloadCommand(terminal),
                new StopWorkloadCommand(terminal)),
            new CommandGroup("config", "The options that servers follow.", new ConfigShowCommand(terminal, servers)),
            new ReloadCommand(terminal),
            new CommandGroup("cert", "Certificates for nodes and for who administers them, on machines of your own.", new CreateCertificateCommand(terminal)),
            new VersionCommand(terminal),
        };
        foreach (var option in root.Options.OfType<HelpOption>())
        {
            option.Action = new ExamplesHelpAction((HelpAction)option.Action!);
        }

        return root;
    }
}
