using System.CommandLine;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Configuration;
using EdgeMesh.Node.Output;
using EdgeMesh.Testing;

namespace EdgeMesh.Node.Tests.Contracts;

/// <summary>Holds docs/cli.md to the commands and the JSON as they are.</summary>
public sealed partial class CliDocumentTests
{
    private const string Mark = "<!-- From here on written by CliDocumentTests: run it with EDGEMESH_WRITE_DOCS=1 after a change. -->\n";

    internal static readonly RootCommand Root = CommandTree.Create(
        Terminal.Redirected(Stream.Null, Stream.Null, TextWriter.Null, new Dictionary<string, string>()), new Interruption(), new GivenOptions([], new Dictionary<string, string>()), new Random(1));

    public static TheoryData<string> Commands => [.. CliReference.Commands(Root).Select(command => command.Path)];

    [Fact]
    public void Reference_InDocument_IsThatOfTheProgram()
    {
        var path = Path.Combine(Repository.Root, "docs", "cli.md");
        var text = File.ReadAllText(path).ReplaceLineEndings("\n");
        var start = text.IndexOf(Mark, StringComparison.Ordinal) + Mark.Length;
        var expected = text[..start] + "\n" + CliReference.Render(Root);
        if (Environment.GetEnvironmentVariable("EDGEMESH_WRITE_DOCS") == "1")
        {
            File.WriteAllText(path, expected);
        }

        Assert.Equal(expected, File.ReadAllText(path).ReplaceLineEndings("\n"));
    }

    [Fact]
    public void ExitCodes_InDocument_AreAllThere()
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "cli.md"));
        var codes = typeof(ExitCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (int)field.GetRawConstantValue()!);

        Assert.All(codes, code => Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"| {code} |"), text));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Command_Any_IsCompletelyDescribed(string name)
    {
        var command = CliReference.Commands(Root).Single(candidate => candidate.Path == name).Command;

        Assert.False(string.IsNullOrWhiteSpace(command.Description));
        Assert.NotEmpty(command.Examples);
        Assert.All(command.Options.Where(EnvironmentVariables.Has), option => Assert.EndsWith($"[env: {EnvironmentVariables.NameOf(option.Name)}]", option.Description));
        Assert.All(command.Options.Where(option => EnvironmentVariables.Has(option) && option.ValueType != typeof(bool)), option => Assert.False(string.IsNullOrEmpty(option.HelpName)));
        Assert.Equal(command.Options.Any(option => option.Name == "--json"), command.JsonContracts.Count > 0);
        Assert.All(command.JsonContracts, contract => Assert.NotNull(CliReference.InfoOf(contract)));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Examples_OfCommand_Parse(string name)
    {
        var command = CliReference.Commands(Root).Single(candidate => candidate.Path == name).Command;
        foreach (var example in command.Examples)
        {
            // Of a pipeline or a sequence, each part that is ours, without where its output goes; a variable in front stands for its option.
            foreach (var part in example.Split(["|", "&&"], StringSplitOptions.TrimEntries).Select(part => part.Split(" > ")[0]).Where(part => part.Contains("edgemesh ", StringComparison.Ordinal)))
            {
                var words = ShellWord().Matches(part).Select(word => word.Value.Replace("'", "")).ToArray();
                var program = Array.IndexOf(words, "edgemesh");
                var variables = words[..program].Select(word => word.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
                // The sample file stands for the user's own.
                string[] arguments = [.. words[(program + 1)..].Select(word => word == "edgemesh.yaml" ? Path.Combine(Repository.Root, "deploy", word) : word)];
                var resolved = new GivenOptions(arguments, variables).Resolve(Root);

                Assert.Empty(resolved.Errors.Select(error => $"{example}: {error}"));
            }
        }
    }

    /// <summary>A word of a shell: single quotes keep spaces together.</summary>
    [GeneratedRegex(@"(?:'[^']*'|[^\s'])+")]
    private static partial Regex ShellWord();
}
