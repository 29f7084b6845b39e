using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Zones;

/// <summary><c>edgemesh zones enable</c> and <c>edgemesh zones disable</c>.</summary>
internal sealed class SetZoneGroupCommand : CliCommand
{
    private readonly bool _enabled;
    private readonly Argument<string> _group = CliOption.Argument<string>("GROUP", "The group's name, as zones list shows it: eu-west-2-man-1.", PlainText.TryRead);
    private readonly AdminTargetOptions _target;
    private readonly Option<bool> _json = CliOption.Json();

    private SetZoneGroupCommand(bool enabled, string name, string description, Terminal terminal)
        : base(name, description, [$"edgemesh zones {name} eu-west-2-man-1"], terminal)
    {
        _enabled = enabled;
        Add(_group);
        _target = new(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(ZoneGroupJson)];

    /// <summary>The command that opts in.</summary>
    public static SetZoneGroupCommand Enable(Terminal terminal) => new(true, "enable", "Opts into a group of Local Zones: calls to services placed in its zones are answered there. Kept across restarts.", terminal);

    /// <summary>The command that opts out.</summary>
    public static SetZoneGroupCommand Disable(Terminal terminal) => new(false, "disable", "Opts out of a group of Local Zones: its zones pass every call on to the Region. Kept across restarts.", terminal);

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var connection = _target.Connect(parsed);
        var client = new ZoneService.ZoneServiceClient(connection.Channel);
        var request = new SetZoneGroupRequest { Name = parsed.GetRequiredValue(_group), Enabled = _enabled };
        var (response, _) = await connection.CallAsync(options => client.SetZoneGroupAsync(request, options), cancellationToken);
        var group = ZoneGroupJson.Of(response.Group);
        JsonOutput.WriteOrLine(Terminal, parsed.GetValue(_json), group, $"{group.Name} is {(group.Enabled ? "enabled" : "disabled")}, zones: {(group.Zones.Count > 0 ? string.Join(' ', group.Zones.Select(zone => zone.Name)) : "none yet")}");
        return ExitCodes.Success;
    }
}
