using System.CommandLine;
using EdgeMesh.Admin.Configuration;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Configuration;
using EdgeMesh.Node.Output;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Node.Servers;

/// <summary>A command that runs a node. Its options may also stand in a configuration file, in the section that has its name.</summary>
internal abstract class ServerCommand : CliCommand
{
    private readonly Interruption _interruption;
    private readonly GivenOptions _given;

    /// <summary>Names the command.</summary>
    /// <param name="name">The word on the command line, and the file's section.</param>
    /// <param name="description">One or two sentences.</param>
    /// <param name="examples">Command lines that work as written.</param>
    /// <param name="terminal">Where it reads and writes.</param>
    /// <param name="interruption">Ends the node, or has it reload.</param>
    /// <param name="given">What the process was given.</param>
    protected ServerCommand(string name, string description, IReadOnlyList<string> examples, Terminal terminal, Interruption interruption, GivenOptions given)
        : base(name, description, examples, terminal)
    {
        _interruption = interruption;
        _given = given;
        Add(new ConfigurationOption(name));
    }

    /// <summary>Values of the options that must be given, as arguments: they stand in for those that a file leaves to flags and variables when the file is checked alone.</summary>
    public abstract IReadOnlyList<string> StandIns { get; }

    /// <summary>The options that every server has.</summary>
    protected ServerOptions Server { get; } = new();

    /// <summary>Where the node writes a line for each call; open while it runs.</summary>
    protected AccessLogWriter AccessLog { get; } = new(Console.OpenStandardOutput, TimeProvider.System);

    /// <summary>Everything that a start would refuse before it takes a port or touches its data. Each line begins with the name of the option at fault.</summary>
    /// <param name="parsed">The options, each right by itself.</param>
    public abstract IReadOnlyList<string> FindFaults(ParseResult parsed);

    /// <summary>The options in force, from wherever.</summary>
    /// <param name="root">All commands.</param>
    /// <exception cref="ConfigurationException">They have faults.</exception>
    public ResolvedOptions Resolve(RootCommand root)
    {
        var resolved = _given.Resolve(root);
        var faults = resolved.IsRight ? [.. FindFaults(resolved.Parsed).Select(resolved.Explain)] : resolved.Errors;
        return faults.Count == 0 ? resolved : throw new ConfigurationException(faults);
    }

    /// <inheritdoc/>
    protected sealed override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var root = (RootCommand)parsed.RootCommandResult.Command;
        foreach (var unknown in EnvironmentVariables.FindUnknown(root, _given.Environment))
        {
            await Terminal.Error.WriteLineAsync($"edgemesh: warning: {unknown}");
        }

        var resolved = Resolve(root);
        var format = Server.Format(resolved.Parsed);
        var logging = new NodeLogging(Server.Level(resolved.Parsed), format);
        using var log = LoggerFactory.Create(logging.Configure);
        var configuration = new RunningConfiguration(this, resolved, () => Resolve(root));
        var shutdownTimeout = Server.ShutdownTimeout(resolved.Parsed);
        await using var accessLog = AccessLog;
        OpenAccessLog(Server.AccessLog(resolved.Parsed), format);
        using var export = OpenTelemetryExport.Start(resolved.Parsed.GetRequiredValue<string>("--name"), Environment.GetEnvironmentVariable);
        using var hangup = _interruption.HandleHangup(() => ReloadAsync(configuration, log.CreateLogger<RunningConfiguration>()));
        return await new NodeRun(Terminal, _interruption, TimeProvider.System).RunAsync(
            resolved.Parsed.GetRequiredValue<string>("--name"),
            () => shutdownTimeout,
            Server.ExitOnStdinClose(resolved.Parsed),
            async starting =>
            {
                var started = await StartAsync(resolved.Parsed, logging, configuration.ForAdministrators(), starting);
                configuration.Begin(
                [
                    new([Server.LogLevelOption], changed => logging.Level = Server.Level(changed)),
                    new([Server.AccessLogOption], changed => AccessLog.Open(Server.AccessLog(changed), format)),
                    new([Server.ShutdownTimeoutOption], changed => started.SetShutdownTimeout(shutdownTimeout = Server.ShutdownTimeout(changed))),
                    .. started.Live,
                ]);
                return started;
            });
    }

    /// <summary>Starts the node; complete when it takes calls.</summary>
    /// <param name="parsed">The options, without faults.</param>
    /// <param name="logging">The node's log.</param>
    /// <param name="configuration">How the node's administrators read and reload its configuration.</param>
    /// <param name="cancellationToken">Gives up.</param>
    protected abstract Task<StartedNode> StartAsync(ParseResult parsed, NodeLogging logging, NodeConfiguration configuration, CancellationToken cancellationToken);

    private void OpenAccessLog(string? path, LogFormat format)
    {
        try
        {
            AccessLog.Open(path, format);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"--access-log '{path}' cannot be opened: {FailureMessage.OneLine(fault.Message)}", inner: fault);
        }
    }

    private async Task ReloadAsync(RunningConfiguration configuration, ILogger logger)
    {
        try
        {
            ReloadLog.Write(logger, await configuration.ReloadAsync(_interruption.Token));
        }
        catch (OperationCanceledException)
        {
            // The node ends before it has begun: there is nothing to reload.
        }
    }
}
