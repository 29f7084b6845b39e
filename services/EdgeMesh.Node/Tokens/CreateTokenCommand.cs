using System.CommandLine;
using EdgeMesh.Admin.Access;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Tokens;

/// <summary><c>edgemesh token create</c>.</summary>
internal sealed class CreateTokenCommand : CliCommand
{
    private readonly Option<Role> _role = CliOption.Required<Role>("--role", "ROLE", "What its holder may do: reader (metrics, configuration, nodes), edge (join, too) or admin (anything).", TryReadRole);
    private readonly Option<string> _note = CliOption.Value<string>("--note", "TEXT", "Whose it is, for token ls.", PlainText.TryRead, "");
    private readonly AdminTargetOptions _target;
    private readonly Option<bool> _json = CliOption.Json();

    /// <summary>Creates the command.</summary>
    public CreateTokenCommand(Terminal terminal)
        : base(
            "create",
            "Makes a token at a Region and prints it, once: only its digest is kept.",
            ["edgemesh token create --role edge --note LHR50-1 > edge.token", "edgemesh token create --role reader --json"],
            terminal)
    {
        Add(_role);
        Add(_note);
        _target = new(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(NewTokenJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var connection = _target.Connect(parsed);
        var client = new AdminService.AdminServiceClient(connection.Channel);
        var request = new CreateTokenRequest { Role = (TokenRole)parsed.GetRequiredValue(_role), Note = parsed.GetRequiredValue(_note) };
        var (response, _) = await connection.CallAsync(options => client.CreateTokenAsync(request, options), cancellationToken);
        JsonOutput.WriteOrLine(Terminal, parsed.GetValue(_json), new NewTokenJson(TokenJson.Of(response.Info), response.Token), response.Token);

        return ExitCodes.Success;
    }

    private static bool TryReadRole(string text, out Role value, out string error)
    {
        error = "want reader, edge or admin";
        return RoleNames.TryRead(text, out value);
    }
}
