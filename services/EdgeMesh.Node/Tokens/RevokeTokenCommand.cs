using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Tokens;

/// <summary><c>edgemesh token revoke</c>.</summary>
internal sealed class RevokeTokenCommand : CliCommand
{
    private readonly Argument<string> _id = CliOption.Argument<string>("ID", "Its public part, as token ls shows it: the 12 characters after emt_.", PlainText.TryRead);
    private readonly AdminTargetOptions _target;
    private readonly Option<bool> _json = CliOption.Json();

    /// <summary>Creates the command.</summary>
    public RevokeTokenCommand(Terminal terminal)
        : base("revoke", "Takes a token out of service, and ends the streams of nodes that joined with it.", ["edgemesh token revoke jq3w5xk2nb7a"], terminal)
    {
        Add(_id);
        _target = new(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(TokenJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var connection = _target.Connect(parsed);
        var client = new AdminService.AdminServiceClient(connection.Channel);
        var request = new RevokeTokenRequest { Id = parsed.GetRequiredValue(_id) };
        var (response, _) = await connection.CallAsync(options => client.RevokeTokenAsync(request, options), cancellationToken);
        var token = TokenJson.Of(response.Info);
        JsonOutput.WriteOrLine(Terminal, parsed.GetValue(_json), token, $"revoked {token.Id}, role {token.Role}{(token.Note.Length > 0 ? $", {token.Note}" : "")}");

        return ExitCodes.Success;
    }
}
