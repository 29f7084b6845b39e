using EdgeMesh.Node.CommandLine;
using EdgeMesh.Testing;

namespace EdgeMesh.Node.Tests.Completion;

/// <summary>The scripts, in the shells that they are for: each on a terminal of its own, with keys typed into it.</summary>
public sealed class CompletionTests
{
    // What is typed (a tab where | stands), and the arguments that the shell then runs edgemesh with, a directory's last slash aside.
    private static readonly (string Typed, string Run)[] Lines =
    [
        ("vers|", "version"),
        ("region --log-l|cri|", "region --log-level critical"),
        ("edge --shutdown-t|5s --ins|", "edge --shutdown-timeout 5s --insecure"),
        ("put only-f|b/k --content-t|x --ca only-f|", "put only-file.pem b/k --content-type x --ca only-file.pem"),
        ("region --data only-d|", "region --data only-directory"),
        ("completion fi|", "completion fish"),
        ("get b/k --verb|--to x", "get b/k --verbose --to x"),
    ];

    [ForeignFact("bash", "script")]
    public Task Bash_TabsTyped_CompletesWords() => TypeAsync("bash", "bash --norc --noprofile -i", "bind 'set bell-style none'");

    [ForeignFact("zsh", "script")]
    public Task Zsh_TabsTyped_CompletesWords() => TypeAsync("zsh", "zsh -f -i", "autoload -Uz compinit; compinit -u -D; unsetopt LIST_BEEP");

    [ForeignFact("fish")]
    public async Task Fish_TabsTyped_CompletesWords()
    {
        // fish completes a line without a terminal; what has several candidates is listed whole.
        using var folder = await PrepareAsync("fish");
        foreach (var (typed, run) in Lines)
        {
            var line = "";
            foreach (var part in typed.Split('|').SkipLast(1))
            {
                line += part;
                using var fish = ChildProcess.Start("fish", ["--no-config", "-c", $"source completion; complete -C 'edgemesh {line}'"], new Dictionary<string, string?> { ["HOME"] = folder.Path }, folder.Path);
                await fish.WaitForExitAsync();
                var words = fish.Output.Select(candidate => candidate.Split('\t')[0]).ToList();
                var last = line.Split(' ')[^1];
                var word = Assert.Single(words);
                Assert.StartsWith(last, word, StringComparison.Ordinal);
                line = line[..^last.Length] + word + " ";
            }

            Assert.Equal(run, (line + typed.Split('|')[^1]).Trim().TrimEnd('/'));
        }
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Script_OfShell_HasEveryCommandAndOption(string shell)
    {
        var script = (await CliRun.Of("completion", shell)).Output;

        foreach (var place in EdgeMesh.Node.Completion.CompletionPlace.Of(Contracts.CliDocumentTests.Root))
        {
            Assert.Contains(place.Path, script);
            Assert.All(place.Options.SelectMany(option => option.Names), name => Assert.Contains(shell == "fish" ? name.TrimStart('-') : name, script));
        }
    }

    [Fact]
    public async Task RunAsync_UnknownShell_NamesThoseThereAre()
    {
        var run = await CliRun.Of("completion", "tcsh");

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Contains("SHELL 'tcsh': want bash, zsh or fish", run.Error);
    }

    private static async Task<TempDirectory> PrepareAsync(string shell)
    {
        var folder = new TempDirectory();
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "completion"), (await CliRun.Of("completion", shell)).Output);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "only-file.pem"), "");
        Directory.CreateDirectory(Path.Combine(folder.Path, "only-directory"));
        return folder;
    }

    /// <summary>Types every line; a function in the program's place writes down what it is run with.</summary>
    private static async Task TypeAsync(string shell, string command, string setUp)
    {
        using var folder = await PrepareAsync(shell);
        using var terminal = ChildProcess.Start("script", ["-qec", command, "/dev/null"], new Dictionary<string, string?> { ["HOME"] = folder.Path, ["TERM"] = "xterm" }, folder.Path);
        await terminal.WriteLineAsync($"{setUp}; source ./completion; edgemesh() {{ echo \"$*\" >> ran; }}");
        foreach (var (typed, _) in Lines)
        {
            await terminal.WriteLineAsync($"edgemesh {typed.Replace('|', '\t')}");
        }

        await terminal.WriteLineAsync("exit");
        await terminal.WaitForExitAsync();

        var ran = Path.Combine(folder.Path, "ran");
        Assert.True(File.Exists(ran), string.Join('\n', terminal.Transcript));
        Assert.Equal(Lines.Select(line => line.Run), File.ReadLines(ran).Select(line => line.Trim().TrimEnd('/')));
    }
}
