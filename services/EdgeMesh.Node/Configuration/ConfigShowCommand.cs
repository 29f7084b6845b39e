using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Servers;
using EdgeMesh.Node.Targets;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Configuration;

/// <summary><c>edgemesh config show</c>: of a running node.</summary>
internal sealed class ConfigShowCommand : CliCommand
{
    private readonly AdminTargetOptions _target;
    private readonly Option<bool> _json = CliOption.Json();

    /// <summary>Creates the command, and a subcommand for each server.</summary>
    public ConfigShowCommand(Terminal terminal, IEnumerable<ServerCommand> servers)
        : base(
            "show",
            "Prints the options that a running node follows, each with where it came from: flag, env NAME, FILE:LINE or default. Followed by a server's name and options: what a start with them would follow.",
            ["edgemesh config show", "edgemesh config show --to http://127.0.0.1:6501 --json"],
            terminal)
    {
        _target = new(this);
        Add(_json);
        foreach (var server in servers)
        {
            Add(new OfServer(terminal, server));
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(ConfigJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var connection = _target.Connect(parsed);
        var client = new AdminService.AdminServiceClient(connection.Channel);
        var (config, _) = await connection.CallAsync(options => client.GetConfigAsync(new GetConfigRequest(), options), cancellationToken);
        Write(Terminal, config.Options, parsed.GetValue(_json));
        return ExitCodes.Success;
    }

    private static void Write(Terminal terminal, IReadOnlyCollection<ConfigOption> options, bool json)
    {
        if (json)
        {
            JsonOutput.Write(terminal, ConfigJson.Of(options));
            return;
        }

        var table = new TextTable("Option", "Value", "Source");
        foreach (var option in options)
        {
            table.Add(option.Path, option.Hidden ? "(hidden)" : string.Join(" ", option.Values), option.Source);
        }

        table.Write(terminal.OutConsole, terminal.OutIsTerminal);
    }

    /// <summary><c>edgemesh config show edge ...</c>: of a command line, its variables and its file, without a start.</summary>
    private sealed class OfServer : CliCommand
    {
        private readonly ServerCommand _server;
        private readonly Option<bool> _json = CliOption.Json();

        public OfServer(Terminal terminal, ServerCommand server)
            : base(
                server.Name,
                $"Prints the options that edgemesh {server.Name} would follow with this command line, its variables and its file, without starting it.",
                [$"edgemesh config show {server.Name} --config edgemesh.yaml"],
                terminal)
        {
            _server = server;
            foreach (var option in server.Options)
            {
                Add(option);
            }

            Add(_json);
        }

        public override IReadOnlyList<Type> JsonContracts => [typeof(ConfigJson)];

        protected override Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
        {
            var resolved = _server.Resolve((RootCommand)parsed.RootCommandResult.Command);
            Write(Terminal, [.. EffectiveOption.Of(_server.Name, resolved).Select(option => option.ToMessage())], parsed.GetValue(_json));
            return Task.FromResult(ExitCodes.Success);
        }
    }
}
