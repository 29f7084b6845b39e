using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace EdgeMesh.Node.CommandLine;

/// <summary><c>--help</c>: the parser's own help, then the command's examples.</summary>
/// <param name="inner">Writes usage, arguments and options.</param>
internal sealed class ExamplesHelpAction(HelpAction inner) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        inner.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        var command = parseResult.CommandResult.Command;
        var examples = command switch
        {
            CliCommand cli => cli.Examples,
            CommandGroup group => group.Examples,
            _ => CommandTree.RootExamples,
        };
        output.WriteLine("Examples:");
        foreach (var example in examples)
        {
            output.WriteLine("  " + example);
        }

        output.WriteLine();
        output.WriteLine("An option on the command line wins over its variable. Exit codes: 0 done, 1 failed, 2 wrong usage or value, 130 interrupted.");
        return ExitCodes.Success;
    }
}
