using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Policies;

/// <summary><c>edgemesh policy diff</c>.</summary>
internal sealed class DiffPolicyCommand : CliCommand
{
    private readonly Argument<string> _to = CliOption.Argument<string>("TO", "A file, or a version.", PlainText.TryRead);
    private readonly Option<ulong?> _from = CliOption.Value<ulong?>("--from", "VERSION", "What it is held against; default: the version in force.", PolicyVersions.TryRead);
    private readonly AdminTargetOptions _target;
    private readonly Option<bool> _json = CliOption.Json();

    /// <summary>Creates the command.</summary>
    public DiffPolicyCommand(Terminal terminal)
        : base("diff", "Shows what a file, or an earlier version, would change in the policy in force. Exit code 1: they differ.", ["edgemesh policy diff policy.yaml", "edgemesh policy diff 4 --from 3"], terminal)
    {
        Add(_to);
        Add(_from);
        _target = new(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(PolicyDiffJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var target = new PolicyTarget(_target.Connect(parsed));
        Policy to;
        if (PolicyVersions.TryRead(parsed.GetRequiredValue(_to), out var version, out _))
        {
            to = (await target.GetAsync(version!.Value, cancellationToken)).Policy;
        }
        else
        {
            var file = await PolicyFile.ReadAsync(parsed.GetRequiredValue(_to), Terminal.Input, cancellationToken);
            if (file.Faults.Count > 0)
            {
                PolicyTarget.Tell(Terminal, file.Faults);
                return ExitCodes.Usage;
            }

            to = file.Policy;
        }

        var from = (await target.GetAsync(parsed.GetValue(_from) ?? 0, cancellationToken)).Policy;
        var lines = PolicyText.Compare(PolicyText.Write(from), PolicyText.Write(to));
        var differs = lines.Any(line => line[0] != ' ');
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(Terminal, new PolicyDiffJson(differs, lines));
        }
        else if (differs)
        {
            foreach (var line in lines)
            {
                Terminal.Out.WriteLine(line);
            }
        }

        return differs ? ExitCodes.Failed : ExitCodes.Success;
    }
}
