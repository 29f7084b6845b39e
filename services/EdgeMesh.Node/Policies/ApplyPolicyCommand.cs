using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Policies;

/// <summary><c>edgemesh policy apply</c>.</summary>
internal sealed class ApplyPolicyCommand : CliCommand
{
    private readonly Argument<string> _file = CliOption.Argument<string>("FILE", "The policy, YAML or JSON; -: standard input.", PlainText.TryRead);
    private readonly Option<ulong?> _base = CliOption.Value<ulong?>("--base", "VERSION", "Only if this version is in force: nobody else's change is lost.", PolicyVersions.TryRead);
    private readonly Option<bool> _shadow = CliOption.Flag("--shadow", "Only try it: nothing is cached by it, and policy shadow tells what it would have saved.");
    private readonly Option<string> _note = CliOption.Value<string>("--note", "TEXT", "What to say of the change, for policy history.", PlainText.TryRead, "");
    private readonly AdminTargetOptions _target;
    private readonly Option<bool> _json = CliOption.Json();

    /// <summary>Creates the command.</summary>
    public ApplyPolicyCommand(Terminal terminal)
        : base(
            "apply",
            "Puts a policy in force at a Region, which pushes it to every node; whole or, with any fault, not at all.",
            ["edgemesh policy apply policy.yaml", "edgemesh policy apply policy.yaml --base 3 --note 'catalog for a minute'", "edgemesh policy apply policy.yaml --shadow"],
            terminal)
    {
        Add(_file);
        Add(_base);
        Add(_shadow);
        Add(_note);
        _target = new(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(AppliedPolicyJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var file = await PolicyFile.ReadAsync(parsed.GetRequiredValue(_file), Terminal.Input, cancellationToken);
        if (file.Faults.Count > 0)
        {
            PolicyTarget.Tell(Terminal, file.Faults);
            return ExitCodes.Usage;
        }

        var request = new ApplyPolicyRequest { Policy = file.Policy, Note = parsed.GetRequiredValue(_note) };
        request.Policy.Shadow |= parsed.GetValue(_shadow);
        if (parsed.GetValue(_base) is { } version)
        {
            request.BaseVersion = version;
        }

        using var target = new PolicyTarget(_target.Connect(parsed));
        try
        {
            AppliedPolicy.Tell(Terminal, parsed.GetValue(_json), await target.ApplyAsync(request, cancellationToken));
            return ExitCodes.Success;
        }
        catch (TargetException refused) when (PolicyTarget.ReadFaults(refused) is { Count: > 0 } faults)
        {
            PolicyTarget.Tell(Terminal, faults.Select(file.Locate));
            return ExitCodes.Failed;
        }
    }
}
