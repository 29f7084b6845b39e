using System.CommandLine;
using System.Globalization;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Latencies;

/// <summary><c>edgemesh latency objectives</c>.</summary>
internal sealed class ObjectivesCommand : CliCommand
{
    private readonly Option<bool> _json = CliOption.Json();
    private readonly AdminTargetOptions _target;

    /// <summary>Creates the command.</summary>
    public ObjectivesCommand(Terminal terminal)
        : base(
            "objectives",
            "Shows whether edge locations and Local Zones are near enough to the clients that chose them, from what those reported in the last hour. The target is the Region's --latency-objective.",
            ["edgemesh latency objectives", "edgemesh latency objectives --json"],
            terminal)
    {
        Add(_json);
        _target = new(this);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(ObjectivesJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var connection = _target.Connect(parsed);
        var client = new LatencyService.LatencyServiceClient(connection.Channel);
        var (response, _) = await connection.CallAsync(options => client.ListLatencyObjectivesAsync(new ListLatencyObjectivesRequest(), options), cancellationToken);
        ObjectiveJson[] objectives = [.. response.Objectives.Select(ObjectiveJson.Of)];
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(Terminal, new ObjectivesJson(objectives));
            return ExitCodes.Success;
        }

        var table = new TextTable("Node", "Kind", "State", ">Target", ">p99", ">Within target", ">Clients", ">Round trips", ">Window");
        foreach (var objective in objectives)
        {
            table.Add(
                objective.Node,
                objective.Kind,
                objective.State == "unknown" ? "too little evidence" : objective.State,
                Milliseconds.Show(objective.TargetMs),
                Milliseconds.Show(objective.ActualMs),
                objective.Samples == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{objective.Within * 100:0.00} %"),
                $"{objective.Clients}",
                $"{objective.Samples}",
                string.Create(CultureInfo.InvariantCulture, $"{objective.WindowSeconds / 60:0} min"));
        }

        table.Write(Terminal.OutConsole, Terminal.OutIsTerminal);
        return ExitCodes.Success;
    }
}
