using System.CommandLine;
using System.CommandLine.Invocation;
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
            return await RunAsync(CommandTree.Create(terminal, interruption), arguments, terminal, interruption.Token);
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

    private static async Task<int> RunAsync(RootCommand root, string[] arguments, Terminal terminal, CancellationToken cancellationToken)
    {
        // `@` begins the name of a request's file in `call -d @FILE`, as in curl: no response files.
        var configuration = new ParserConfiguration { ResponseFileTokenReplacer = null };
        var parsed = root.Parse(arguments, configuration);
        var spliced = EnvironmentVariables.Splice(arguments, parsed, terminal.Environment, out var added);
        if (added.Count > 0)
        {
            parsed = root.Parse(spliced, configuration);
        }

        if (parsed.Action is ParseErrorAction or null)
        {
            Complain(terminal, Errors(root, parsed, added));
            terminal.Error.WriteLine($"See: edgemesh {(parsed.CommandResult.Command == root ? "" : parsed.CommandResult.Command.Name + " ")}--help");
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

    private static IEnumerable<string> Errors(RootCommand root, ParseResult parsed, IReadOnlySet<Option> added)
    {
        if (parsed.CommandResult.Command == root)
        {
            var said = parsed.UnmatchedTokens is [var word, ..] ? $"no such command '{word}'" : "no command";
            return [$"{said}; there are {string.Join(", ", root.Subcommands.Select(command => command.Name))}"];
        }

        return parsed.Errors.Select(error => EnvironmentVariables.Explain(error, added)).Distinct();
    }

    private static void Complain(Terminal terminal, IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            terminal.Error.WriteLine($"edgemesh: {line}");
        }
    }
}
