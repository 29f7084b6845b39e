using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Values;
using EdgeMesh.Workloads;

namespace EdgeMesh.Node.Workloads;

/// <summary>The options of a node that has workloads.</summary>
internal sealed class WorkloadArguments
{
    /// <summary>The option whose values are workloads: in a file, a mapping from names to what is said of each.</summary>
    public const string OptionName = "--workloads";

    private readonly Option<WorkloadDefinition[]> _workloads = CliOption.Many<WorkloadDefinition>(
        OptionName, "JSON", "A gRPC service of your own to run and balance, as one JSON object; in a configuration file, a mapping from names to what is said of each (docs/workloads.md).", WorkloadReader.TryRead);

    private readonly Option<string?> _zone = CliOption.Text("--az", "NAME", "The Availability Zone (failure domain) that it stands in, and its workloads' replicas with it unless they say otherwise.");

    /// <summary>Adds the options to a command.</summary>
    public WorkloadArguments(Command command)
    {
        command.Add(_workloads);
        command.Add(_zone);
    }

    /// <summary>The workloads.</summary>
    public IReadOnlyList<WorkloadOptions> Read(ParseResult parsed) => [.. parsed.GetRequiredValue(_workloads).Select(workload => workload.Options)];

    /// <summary>The Availability Zone; null: not said.</summary>
    public string? Zone(ParseResult parsed) => parsed.GetValue(_zone);
}
