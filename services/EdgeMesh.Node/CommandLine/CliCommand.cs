using System.CommandLine;
using EdgeMesh.Node.Output;

namespace EdgeMesh.Node.CommandLine;

/// <summary>One command of <c>edgemesh</c>: its options, its examples and what it does.</summary>
/// <remarks>A subclass adds its arguments and options in its constructor, and reports failures by throwing: <see cref="Application"/> turns them into a line and an exit code.</remarks>
internal abstract class CliCommand : Command
{
    /// <summary>Names the command.</summary>
    /// <param name="name">The word on the command line.</param>
    /// <param name="description">One or two sentences.</param>
    /// <param name="examples">Command lines that work as written, for <c>--help</c> and docs/cli.md.</param>
    /// <param name="terminal">Where it reads and writes.</param>
    protected CliCommand(string name, string description, IReadOnlyList<string> examples, Terminal terminal)
        : base(name, description)
    {
        Examples = examples;
        Terminal = terminal;
        SetAction(RunAsync);
    }

    /// <summary>Command lines that work as written.</summary>
    public IReadOnlyList<string> Examples { get; }

    /// <summary>What <c>--json</c> may answer with, types that <see cref="Contracts.ContractContext"/> knows; empty for a command without it.</summary>
    public virtual IReadOnlyList<Type> JsonContracts => [];

    /// <summary>Where the command reads and writes.</summary>
    protected Terminal Terminal { get; }

    /// <summary>Does the work.</summary>
    /// <param name="parsed">The command line, without errors.</param>
    /// <param name="cancellationToken">Signalled by Ctrl-C, SIGTERM and SIGHUP.</param>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    protected abstract Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken);
}
