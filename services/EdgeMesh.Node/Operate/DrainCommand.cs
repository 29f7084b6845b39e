using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Operate;

/// <summary><c>edgemesh drain</c>.</summary>
internal sealed class DrainCommand : CliCommand
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    private readonly Option<Duration?> _wait = CliOption.Value<Duration?>("--wait", "TIME", "How long to wait for running calls; exit code 1 when some still run then. Without it, only the beginning is waited for.", Duration.TryReadOptional);
    private readonly Option<bool> _json = CliOption.Json();
    private readonly AdminTargetOptions _target;

    /// <summary>Creates the command.</summary>
    public DrainCommand(Terminal terminal)
        : base(
            "drain",
            "Takes a node out of service: it refuses new connections and calls, finishes running ones within its --shutdown-timeout, and leaves the topology. Its process goes on until it is stopped; there is no way back but to start it anew.",
            ["edgemesh drain --to http://127.0.0.1:6501 --wait 1m"],
            terminal)
    {
        Add(_wait);
        _target = new(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(DrainJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var connection = _target.Connect(parsed);
        var client = new AdminService.AdminServiceClient(connection.Channel);
        var wait = parsed.GetValue(_wait)?.Time;
        var started = TimeProvider.System.GetTimestamp();
        bool drained;
        while (true)
        {
            // Asking again changes nothing: it is how to see when the last call has ended.
            drained = (await connection.CallAsync(options => client.DrainAsync(new DrainRequest(), options), cancellationToken)).Response.Drained;
            if (drained || wait is null || TimeProvider.System.GetElapsedTime(started) >= wait)
            {
                break;
            }

            await Task.Delay(PollInterval, cancellationToken);
        }

        JsonOutput.WriteOrLine(Terminal, parsed.GetValue(_json), new DrainJson(drained), drained ? "drained" : "draining");

        return drained || wait is null ? ExitCodes.Success : ExitCodes.Failed;
    }
}
