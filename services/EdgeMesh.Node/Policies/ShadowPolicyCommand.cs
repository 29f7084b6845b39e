using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Policies;

/// <summary><c>edgemesh policy shadow</c>.</summary>
internal sealed class ShadowPolicyCommand : CliCommand
{
    private readonly AdminTargetOptions _target;
    private readonly Option<bool> _json = CliOption.Json();

    /// <summary>Creates the command.</summary>
    public ShadowPolicyCommand(Terminal terminal)
        : base("shadow", "Tells what rules that are only tried would have saved, since each node started: hit ratio, calls to origins, bytes.", ["edgemesh policy shadow", "edgemesh policy shadow --json"], terminal)
    {
        _target = new(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(ShadowsJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var connection = _target.Connect(parsed);
        var client = new TopologyService.TopologyServiceClient(connection.Channel);
        var (response, _) = await connection.CallAsync(options => client.ListNodesAsync(new ListNodesRequest(), options), cancellationToken);
        var shadows = response.Nodes.SelectMany(node => (node.Report?.Shadows ?? []).Select(shadow => new ShadowJson(shadow.Method, node.Name, shadow.Calls, shadow.Hits, shadow.SavedCalls, shadow.SavedBytes)))
            .OrderBy(shadow => shadow.Method, StringComparer.Ordinal).ThenBy(shadow => shadow.Node, StringComparer.Ordinal).ToList();
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(Terminal, new ShadowsJson(shadows));
            return ExitCodes.Success;
        }

        var table = new TextTable("Method", "Node", ">Calls", ">Hits", ">Ratio", ">Calls saved", ">Bytes saved");
        foreach (var shadow in shadows)
        {
            table.Add(shadow.Method, shadow.Node, $"{shadow.Calls}", $"{shadow.Hits}", shadow.Calls == 0 ? "-" : $"{100.0 * shadow.Hits / shadow.Calls:0.0} %", $"{shadow.SavedCalls}", new ByteSize((long)shadow.SavedBytes).ToString());
        }

        table.Write(Terminal.OutConsole, Terminal.OutIsTerminal);
        return ExitCodes.Success;
    }
}
