using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Configuration;
using EdgeMesh.Node.Output;

namespace EdgeMesh.Node.Servers;

/// <summary>A command that runs a node. Its options may also stand in a configuration file, in the section that has its name.</summary>
internal abstract class ServerCommand : CliCommand
{
    private readonly GivenOptions _given;

    /// <summary>Names the command.</summary>
    /// <param name="name">The word on the command line, and the file's section.</param>
    /// <param name="description">One or two sentences.</param>
    /// <param name="examples">Command lines that work as written.</param>
    /// <param name="terminal">Where it reads and writes.</param>
    /// <param name="given">What the process was given.</param>
    protected ServerCommand(string name, string description, IReadOnlyList<string> examples, Terminal terminal, GivenOptions given)
        : base(name, description, examples, terminal)
    {
        _given = given;
        Add(new ConfigurationOption(name));
    }

    /// <summary>Values of the options that must be given, as arguments: they stand in for those that a file leaves to flags and variables when the file is checked alone.</summary>
    public abstract IReadOnlyList<string> StandIns { get; }

    /// <summary>Everything that a start would refuse before it takes a port or touches its data. Each line begins with the name of the option at fault.</summary>
    /// <param name="parsed">The options, each right by itself.</param>
    public abstract IReadOnlyList<string> FindFaults(ParseResult parsed);

    /// <inheritdoc/>
    protected sealed override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var root = (RootCommand)parsed.RootCommandResult.Command;
        foreach (var unknown in EnvironmentVariables.FindUnknown(root, _given.Environment))
        {
            await Terminal.Error.WriteLineAsync($"edgemesh: warning: {unknown}");
        }

        return await ServeAsync(Resolve(root).Parsed);
    }

    /// <summary>Runs the node to its end.</summary>
    /// <param name="parsed">The options, without faults.</param>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    protected abstract Task<int> ServeAsync(ParseResult parsed);

    /// <summary>The options in force, from wherever.</summary>
    /// <exception cref="ConfigurationException">They have faults.</exception>
    private ResolvedOptions Resolve(RootCommand root)
    {
        var resolved = _given.Resolve(root);
        var faults = resolved.IsRight ? [.. FindFaults(resolved.Parsed).Select(resolved.Explain)] : resolved.Errors;
        return faults.Count == 0 ? resolved : throw new ConfigurationException(faults);
    }
}
