using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Workloads;

/// <summary>A command that changes one workload of a node, and shows what became of it.</summary>
internal abstract class WorkloadChangeCommand : CliCommand
{
    // A drain and a grace of each replica, one after the other.
    private static readonly Duration DefaultTimeout = new(TimeSpan.FromMinutes(5));

    private readonly Argument<string> _name = CliOption.Argument<string>("NAME", "The workload.", PlainText.TryRead);
    private readonly Option<bool> _json = CliOption.Json();
    private readonly AdminTargetOptions _target;

    /// <summary>Names the command.</summary>
    protected WorkloadChangeCommand(string name, string description, IReadOnlyList<string> examples, Terminal terminal)
        : base(name, description, examples, terminal)
    {
        Add(_name);
        _target = new(this, DefaultTimeout);
        Add(_json);
    }

    /// <inheritdoc/>
    public sealed override IReadOnlyList<Type> JsonContracts => [typeof(WorkloadJson)];

    /// <summary>Changes it.</summary>
    /// <returns>The workload as it is then.</returns>
    protected abstract Task<Workload> ChangeAsync(TargetConnection connection, WorkloadService.WorkloadServiceClient client, string name, ParseResult parsed, CancellationToken cancellationToken);

    /// <inheritdoc/>
    protected sealed override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var connection = _target.Connect(parsed);
        var client = new WorkloadService.WorkloadServiceClient(connection.Channel);
        var workload = WorkloadJson.Of(await ChangeAsync(connection, client, parsed.GetRequiredValue(_name), parsed, cancellationToken));
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(Terminal, workload);
        }
        else
        {
            WorkloadText.WriteList(Terminal, [workload]);
        }

        return ExitCodes.Success;
    }
}

/// <summary><c>edgemesh workload run</c>.</summary>
internal sealed class RunWorkloadCommand(Terminal terminal)
    : WorkloadChangeCommand("run", "Starts a workload of the node's configuration that was drained, stopped or scaled, with as many replicas as that says.", ["edgemesh workload run shop", "edgemesh workload run shop --to http://127.0.0.1:6511"], terminal)
{
    /// <inheritdoc/>
    protected override async Task<Workload> ChangeAsync(TargetConnection connection, WorkloadService.WorkloadServiceClient client, string name, ParseResult parsed, CancellationToken cancellationToken) =>
        (await connection.CallAsync(options => client.RunWorkloadAsync(new RunWorkloadRequest { Name = name }, options), cancellationToken)).Response.Workload;
}

/// <summary><c>edgemesh workload scale</c>.</summary>
internal sealed class ScaleWorkloadCommand : WorkloadChangeCommand
{
    private readonly Argument<int> _replicas = CliOption.Argument("REPLICAS", "How many, 0 to 100.", WholeNumber.Between(0, EdgeMesh.Workloads.WorkloadOptions.MaxReplicas));

    /// <summary>Creates the command.</summary>
    public ScaleWorkloadCommand(Terminal terminal)
        : base("scale", "Starts replicas of a workload, or drains and stops those with the highest numbers. The node forgets it when it ends: the configuration says how many it starts with.", ["edgemesh workload scale shop 5"], terminal) => Add(_replicas);

    /// <inheritdoc/>
    protected override async Task<Workload> ChangeAsync(TargetConnection connection, WorkloadService.WorkloadServiceClient client, string name, ParseResult parsed, CancellationToken cancellationToken)
    {
        var request = new ScaleWorkloadRequest { Name = name, Replicas = (uint)parsed.GetRequiredValue(_replicas) };
        return (await connection.CallAsync(options => client.ScaleWorkloadAsync(request, options), cancellationToken)).Response.Workload;
    }
}

/// <summary><c>edgemesh workload replace</c>.</summary>
internal sealed class ReplaceWorkloadCommand(Terminal terminal)
    : WorkloadChangeCommand("replace", "Replaces each replica of a workload by a new one, one after the other, without a call lost: the old one is drained when the new one is well. Stops at the first that does not become well.", ["edgemesh workload replace shop"], terminal)
{
    /// <inheritdoc/>
    protected override async Task<Workload> ChangeAsync(TargetConnection connection, WorkloadService.WorkloadServiceClient client, string name, ParseResult parsed, CancellationToken cancellationToken) =>
        (await connection.CallAsync(options => client.ReplaceWorkloadAsync(new ReplaceWorkloadRequest { Name = name }, options), cancellationToken)).Response.Workload;
}

/// <summary><c>edgemesh workload drain</c>.</summary>
internal sealed class DrainWorkloadCommand(Terminal terminal)
    : WorkloadChangeCommand("drain", "Has a workload take no more calls, and waits for running ones within its drain timeout; its processes go on. In a Local Zone its calls go to the parent meanwhile.", ["edgemesh workload drain shop"], terminal)
{
    /// <inheritdoc/>
    protected override async Task<Workload> ChangeAsync(TargetConnection connection, WorkloadService.WorkloadServiceClient client, string name, ParseResult parsed, CancellationToken cancellationToken) =>
        (await connection.CallAsync(options => client.DrainWorkloadAsync(new DrainWorkloadRequest { Name = name }, options), cancellationToken)).Response.Workload;
}

/// <summary><c>edgemesh workload stop</c>.</summary>
internal sealed class StopWorkloadCommand(Terminal terminal)
    : WorkloadChangeCommand("stop", "Drains a workload and ends its processes: SIGTERM, and after its grace SIGKILL, for all that they started.", ["edgemesh workload stop shop"], terminal)
{
    /// <inheritdoc/>
    protected override async Task<Workload> ChangeAsync(TargetConnection connection, WorkloadService.WorkloadServiceClient client, string name, ParseResult parsed, CancellationToken cancellationToken) =>
        (await connection.CallAsync(options => client.StopWorkloadAsync(new StopWorkloadRequest { Name = name }, options), cancellationToken)).Response.Workload;
}
