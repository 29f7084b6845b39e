using System.CommandLine;

namespace EdgeMesh.Node.CommandLine;

/// <summary>A word in front of commands that belong together: <c>edgemesh lab simulate</c>. By itself it does nothing.</summary>
internal sealed class CommandGroup : Command
{
    /// <summary>Groups commands.</summary>
    /// <param name="name">The word.</param>
    /// <param name="description">One or two sentences.</param>
    /// <param name="commands">In the order of help.</param>
    public CommandGroup(string name, string description, params CliCommand[] commands)
        : base(name, description)
    {
        foreach (var command in commands)
        {
            Add(command);
        }

        Examples = [.. commands.Select(command => command.Examples[0])];
    }

    /// <summary>The first example of each command.</summary>
    public IReadOnlyList<string> Examples { get; }
}
