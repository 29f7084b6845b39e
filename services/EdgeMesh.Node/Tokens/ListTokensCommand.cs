using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Tokens;

/// <summary><c>edgemesh token ls</c>.</summary>
internal sealed class ListTokensCommand : CliCommand
{
    private readonly AdminTargetOptions _target;
    private readonly Option<bool> _json = CliOption.Json();

    /// <summary>Creates the command.</summary>
    public ListTokensCommand(Terminal terminal)
        : base("ls", "Lists the tokens of a Region, without their secrets, which are not kept.", ["edgemesh token ls", "edgemesh token ls --json"], terminal)
    {
        _target = new(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(TokensJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var connection = _target.Connect(parsed);
        var client = new AdminService.AdminServiceClient(connection.Channel);
        var (response, _) = await connection.CallAsync(options => client.ListTokensAsync(new ListTokensRequest(), options), cancellationToken);
        var tokens = response.Tokens.Select(TokenJson.Of).ToList();
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(Terminal, new TokensJson(tokens));
            return ExitCodes.Success;
        }

        var table = new TextTable("Id", "Role", "Created", "Note");
        foreach (var token in tokens)
        {
            table.Add(token.Id, token.Role, token.Created is null ? "from a file" : Timestamps.Show(token.Created), token.Note);
        }

        table.Write(Terminal.OutConsole, Terminal.OutIsTerminal);
        return ExitCodes.Success;
    }
}
