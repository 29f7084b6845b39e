using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Policies;

/// <summary><c>edgemesh policy get</c>.</summary>
internal sealed class GetPolicyCommand : CliCommand
{
    private readonly Argument<ulong?> _version = CliOption.OptionalArgument<ulong?>("VERSION", "As policy history shows it; default: the one in force.", PolicyVersions.TryRead);
    private readonly AdminTargetOptions _target;
    private readonly Option<bool> _json = CliOption.Json();

    /// <summary>Creates the command.</summary>
    public GetPolicyCommand(Terminal terminal)
        : base("get", "Writes the policy in force, or an earlier one, as YAML that policy apply reads.", ["edgemesh policy get > policy.yaml", "edgemesh policy get 3 --json"], terminal)
    {
        Add(_version);
        _target = new(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(PolicyJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var target = new PolicyTarget(_target.Connect(parsed));
        var response = await target.GetAsync(parsed.GetValue(_version) ?? 0, cancellationToken);
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(Terminal, PolicyJson.Of(response));
            return ExitCodes.Success;
        }

        PolicyTarget.TellNotes(Terminal, response.Notes);
        Terminal.Out.WriteLine($"# version {response.Version.Version}{(response.Version.ApplyTime is { } time ? $", {Timestamps.Show(time.ToDateTimeOffset())}" : ": no policy was ever applied")}");
        Terminal.Out.Write(PolicyText.Write(response.Policy));
        return ExitCodes.Success;
    }
}
