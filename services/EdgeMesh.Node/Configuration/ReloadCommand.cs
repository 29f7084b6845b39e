using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Configuration;

/// <summary><c>edgemesh reload</c>.</summary>
internal sealed class ReloadCommand : CliCommand
{
    private readonly AdminTargetOptions _target;
    private readonly Option<bool> _json = CliOption.Json();

    /// <summary>Creates the command.</summary>
    public ReloadCommand(Terminal terminal)
        : base(
            "reload",
            "Has a running node read its configuration again, as SIGHUP does, and says what it follows now and what needs a restart. Exit code 2 when the configuration is wrong.",
            ["edgemesh reload", "edgemesh reload --to http://127.0.0.1:6501 --json"],
            terminal)
    {
        _target = new(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(ReloadJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var connection = _target.Connect(parsed);
        var client = new AdminService.AdminServiceClient(connection.Channel);
        var (result, _) = await connection.CallAsync(options => client.ReloadAsync(new ReloadRequest(), options), cancellationToken);
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(Terminal, ReloadJson.Of(result));
        }
        else
        {
            foreach (var fault in result.Faults)
            {
                await Terminal.Error.WriteLineAsync($"edgemesh: {fault}");
            }

            foreach (var (word, paths) in ((string, IReadOnlyList<string>)[])[("applied", result.Applied), ("needs restart", result.NeedsRestart)])
            {
                foreach (var path in paths)
                {
                    await Terminal.Out.WriteLineAsync($"{word} {path}");
                }
            }

            await Terminal.Out.WriteLineAsync($"unchanged {result.Unchanged.Count}");
        }

        return result.Faults.Count == 0 ? ExitCodes.Success : ExitCodes.Usage;
    }
}
