using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Workloads;

/// <summary><c>edgemesh workload ls</c>.</summary>
internal sealed class ListWorkloadsCommand : CliCommand
{
    private readonly AdminTargetOptions _target;
    private readonly Option<bool> _json = CliOption.Json();

    /// <summary>Creates the command.</summary>
    public ListWorkloadsCommand(Terminal terminal)
        : base("ls", "Lists the workloads of a node: how many replicas are ready, what was called and failed, and what is wrong.", ["edgemesh workload ls", "edgemesh workload ls --to http://127.0.0.1:6511 --json"], terminal)
    {
        _target = new(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(WorkloadsJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var connection = _target.Connect(parsed);
        var client = new WorkloadService.WorkloadServiceClient(connection.Channel);
        var (response, _) = await connection.CallAsync(options => client.ListWorkloadsAsync(new ListWorkloadsRequest(), options), cancellationToken);
        var workloads = response.Workloads.Select(WorkloadJson.Of).ToList();
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(Terminal, new WorkloadsJson(workloads));
        }
        else
        {
            WorkloadText.WriteList(Terminal, workloads);
        }

        return ExitCodes.Success;
    }
}

/// <summary><c>edgemesh workload describe</c>.</summary>
internal sealed class DescribeWorkloadCommand : CliCommand
{
    private readonly Argument<string> _name = CliOption.Argument<string>("NAME", "The workload.", PlainText.TryRead);
    private readonly AdminTargetOptions _target;
    private readonly Option<bool> _json = CliOption.Json();

    /// <summary>Creates the command.</summary>
    public DescribeWorkloadCommand(Terminal terminal)
        : base("describe", "Shows one workload of a node: each replica with its process, calls, latency and faults.", ["edgemesh workload describe shop"], terminal)
    {
        Add(_name);
        _target = new(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(WorkloadJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var connection = _target.Connect(parsed);
        var client = new WorkloadService.WorkloadServiceClient(connection.Channel);
        var request = new ListWorkloadsRequest { Name = parsed.GetRequiredValue(_name) };
        var (response, _) = await connection.CallAsync(options => client.ListWorkloadsAsync(request, options), cancellationToken);
        var workload = WorkloadJson.Of(response.Workloads.Single());
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(Terminal, workload);
        }
        else
        {
            await WorkloadText.WriteAsync(Terminal, workload);
        }

        return ExitCodes.Success;
    }
}
