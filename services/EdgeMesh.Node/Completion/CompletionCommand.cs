using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Output;

namespace EdgeMesh.Node.Completion;

/// <summary><c>edgemesh completion</c>.</summary>
internal sealed class CompletionCommand : CliCommand
{
    private static readonly Dictionary<string, Func<IReadOnlyList<CompletionPlace>, string>> Shells = new(StringComparer.Ordinal)
    {
        ["bash"] = BashCompletion.Write,
        ["zsh"] = ZshCompletion.Write,
        ["fish"] = FishCompletion.Write,
    };

    private readonly Argument<string> _shell = CliOption.Argument<string>("SHELL", "bash (4 or later), zsh or fish.", TryRead);

    /// <summary>Creates the command.</summary>
    public CompletionCommand(Terminal terminal)
        : base(
            "completion",
            "Prints a script that lets a shell complete commands, options and their values.",
            [
                "edgemesh completion bash > ~/.local/share/bash-completion/completions/edgemesh",
                "edgemesh completion zsh > ~/.zfunc/_edgemesh",
                "edgemesh completion fish > ~/.config/fish/completions/edgemesh.fish",
            ],
            terminal)
    {
        _shell.CompletionSources.Add([.. Shells.Keys]);
        Add(_shell);
    }

    /// <inheritdoc/>
    protected override Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var places = CompletionPlace.Of((RootCommand)parsed.RootCommandResult.Command);
        Terminal.Out.Write(Shells[parsed.GetRequiredValue(_shell)](places));
        return Task.FromResult(ExitCodes.Success);
    }

    private static bool TryRead(string text, out string value, out string error)
    {
        (value, error) = (text, "want bash, zsh or fish");
        return Shells.ContainsKey(text);
    }
}
