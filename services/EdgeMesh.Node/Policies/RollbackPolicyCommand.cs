using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Policies;

/// <summary><c>edgemesh policy rollback</c>.</summary>
internal sealed class RollbackPolicyCommand : CliCommand
{
    private readonly Argument<ulong?> _version = CliOption.OptionalArgument<ulong?>("VERSION", "As policy history shows it; default: the one before that in force.", PolicyVersions.TryRead);
    private readonly AdminTargetOptions _target;
    private readonly Option<bool> _json = CliOption.Json();

    /// <summary>Creates the command.</summary>
    public RollbackPolicyCommand(Terminal terminal)
        : base("rollback", "Puts an earlier policy in force again, as a new version. What was cached under its rules and is still fresh is found again.", ["edgemesh policy rollback", "edgemesh policy rollback 3"], terminal)
    {
        Add(_version);
        _target = new(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(AppliedPolicyJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var target = new PolicyTarget(_target.Connect(parsed));
        var inForce = (await target.GetAsync(0, cancellationToken)).Version.Version;
        var wanted = parsed.GetValue(_version) ?? (inForce > 1 ? inForce - 1 : throw new CliException($"there is no policy before {inForce}"));
        var policy = (await target.GetAsync(wanted, cancellationToken)).Policy;
        var request = new ApplyPolicyRequest { Policy = policy, BaseVersion = inForce, Note = $"rollback to {wanted}" };
        AppliedPolicy.Tell(Terminal, parsed.GetValue(_json), await target.ApplyAsync(request, cancellationToken));
        return ExitCodes.Success;
    }
}
