using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Policies;

/// <summary><c>edgemesh policy history</c>.</summary>
internal sealed class PolicyHistoryCommand : CliCommand
{
    private readonly Option<int> _limit = CliOption.Value("--limit", "N", "Most versions to list.", WholeNumber.Between(1, 1000), 20);
    private readonly AdminTargetOptions _target;
    private readonly Option<bool> _json = CliOption.Json();

    /// <summary>Creates the command.</summary>
    public PolicyHistoryCommand(Terminal terminal)
        : base("history", "Lists versions of the policy, the latest first; a Region keeps 1,000.", ["edgemesh policy history", "edgemesh policy history --limit 5 --json"], terminal)
    {
        Add(_limit);
        _target = new(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(PolicyHistoryJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var target = new PolicyTarget(_target.Connect(parsed));
        var versions = (await target.ListAsync(parsed.GetRequiredValue(_limit), cancellationToken)).Versions.Select(PolicyVersionJson.Of).ToList();
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(Terminal, new PolicyHistoryJson(versions));
            return ExitCodes.Success;
        }

        var table = new TextTable(">Version", "Applied", "Digest", "Note");
        foreach (var version in versions)
        {
            table.Add($"{version.Version}", Timestamps.Show(version.Applied), version.Digest, version.Note);
        }

        table.Write(Terminal.OutConsole, Terminal.OutIsTerminal);
        return ExitCodes.Success;
    }
}
