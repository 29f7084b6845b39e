using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Policies;

/// <summary><c>edgemesh policy validate</c>.</summary>
internal sealed class ValidatePolicyCommand : CliCommand
{
    private readonly Argument<string> _file = CliOption.Argument<string>("FILE", "The policy, YAML or JSON; -: standard input.", PlainText.TryRead);
    private readonly Option<bool> _region = CliOption.Flag("--region", "Also ask the Region, which knows the methods and their messages.");
    private readonly AdminTargetOptions _target;
    private readonly Option<bool> _json = CliOption.Json();

    /// <summary>Creates the command.</summary>
    public ValidatePolicyCommand(Terminal terminal)
        : base("validate", "Tells everything that is wrong in a policy, by line and path, and changes nothing.", ["edgemesh policy validate policy.yaml", "edgemesh policy validate policy.yaml --region"], terminal)
    {
        Add(_file);
        Add(_region);
        _target = new(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(PolicyValidationJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var file = await PolicyFile.ReadAsync(parsed.GetRequiredValue(_file), Terminal.Input, cancellationToken);
        var (faults, notes) = (file.Faults, (IReadOnlyList<string>)[]);
        if (faults.Count == 0 && parsed.GetValue(_region))
        {
            using var target = new PolicyTarget(_target.Connect(parsed));
            try
            {
                notes = (await target.ApplyAsync(new ApplyPolicyRequest { Policy = file.Policy, ValidateOnly = true }, cancellationToken)).Notes;
            }
            catch (TargetException refused) when (PolicyTarget.ReadFaults(refused) is { Count: > 0 } found)
            {
                faults = [.. found.Select(file.Locate)];
            }
        }

        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(Terminal, new PolicyValidationJson(file.Path, faults.Count == 0, [.. faults.Select(FaultJson.Of)], notes));
        }
        else
        {
            PolicyTarget.Tell(Terminal, faults);
            PolicyTarget.TellNotes(Terminal, notes);
            if (faults.Count == 0)
            {
                Terminal.Out.WriteLine($"{file.Path} is right");
            }
        }

        return faults.Count == 0 ? ExitCodes.Success : ExitCodes.Usage;
    }
}
