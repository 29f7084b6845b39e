using System.CommandLine;
using System.CommandLine.Invocation;
using EdgeMesh.Node.Configuration;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using Grpc.Core;

namespace EdgeMesh.Node.CommandLine;

/// <summary>The whole program: arguments in, exit code out. The one place where a failure becomes a line and an exit code.</summary>
internal static class Application
{
    /// <summary>Runs one command line.</summary>
    /// <param name="arguments">As typed, without the program's name.</param>
    /// <param name="terminal">Where it reads and writes.</param>
    /// <param name="interruption">Ends the command early.</param>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public static async Task<int> RunAsync(string[] arguments, Terminal terminal, Interruption interruption)
    {
        try
        {
            var given = new GivenOptions(arguments, terminal.Environment);
            return await RunAsync(CommandTree.Create(terminal, interruption, given, Random.Shared), given, terminal, interruption.Token);
        }
        catch (Exception exception) when (interruption.Token.IsCancellationRequested
            && exception is OperationCanceledException or TargetException { Status: StatusCode.Cancelled })
        {
            return ExitCodes.Interrupted;
        }
        catch (Exception exception)
        {
            var failure = FailureMessage.Of(exception);
            Complain(terminal, failure.Lines);
            return failure.ExitCode;
        }
    }

    private static async Task<int> RunAsync(RootCommand root, GivenOptions given, Terminal terminal, CancellationToken cancellationToken)
    {
        var resolved = given.Resolve(root);
        var parsed = resolved.Parsed;
        var command = parsed.CommandResult.Command;
        if (parsed.Action is ParseErrorAction or null || (resolved.FileFaults.Count > 0 && parsed.Action == command.Action))
        {
            Complain(terminal, Errors(resolved));
            terminal.Error.WriteLine($"See: edgemesh {PathOf(command)}--help");
            return ExitCodes.Usage;
        }

        var invocation = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
            Output = terminal.Out,
            Error = terminal.Error,
        };
        return await parsed.InvokeAsync(invocation, cancellationToken);
    }

    private static IEnumerable<string> Errors(ResolvedOptions resolved)
    {
        if (resolved.Parsed.CommandResult.Command is var group and (RootCommand or CommandGroup))
        {
            var said = resolved.Parsed.UnmatchedTokens is [var word, ..] ? $"no such command '{word}'" : "no command";
            return [$"{said}; there are {string.Join(", ", group.Subcommands.Select(command => command.Name))}"];
        }

        return resolved.Errors;
    }

    /// <summary>The words that lead to a command, each with a space after it; none for the program itself.</summary>
    private static string PathOf(Command command) =>
        command is RootCommand ? "" : string.Concat(command.Parents.OfType<Command>().Select(PathOf)) + command.Name + " ";

    private static void Complain(Terminal terminal, IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            terminal.Error.WriteLine($"edgemesh: {line}");
        }
    }
}
