using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Zones;

/// <summary><c>edgemesh zones list</c>.</summary>
internal sealed class ListZonesCommand : CliCommand
{
    private readonly AdminTargetOptions _target;
    private readonly Option<bool> _json = CliOption.Json();

    /// <summary>Creates the command.</summary>
    public ListZonesCommand(Terminal terminal)
        : base("list", "Lists the groups of Local Zones that a Region knows, whether each is enabled, its zones and what is placed there.", ["edgemesh zones list", "edgemesh zones list --json"], terminal)
    {
        _target = new(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(ZoneGroupsJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var connection = _target.Connect(parsed);
        var client = new ZoneService.ZoneServiceClient(connection.Channel);
        var (response, _) = await connection.CallAsync(options => client.ListZoneGroupsAsync(new ListZoneGroupsRequest(), options), cancellationToken);
        var groups = response.Groups.Select(ZoneGroupJson.Of).ToList();
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(Terminal, new ZoneGroupsJson(groups));
            return ExitCodes.Success;
        }

        var table = new TextTable("Group", "Enabled", "Zone", "State", "Address", "Services");
        foreach (var group in groups)
        {
            var enabled = group.Enabled ? "yes" : "no";
            if (group.Zones.Count == 0)
            {
                table.Add(group.Name, enabled, "", "", "", "");
            }

            foreach (var zone in group.Zones)
            {
                table.Add(group.Name, enabled, zone.Name, zone.State, zone.Address, string.Join(' ', zone.Services));
            }
        }

        table.Write(Terminal.OutConsole, Terminal.OutIsTerminal);
        return ExitCodes.Success;
    }
}
