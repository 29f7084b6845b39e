using System.CommandLine;
using EdgeMesh.Node.Configuration;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.CommandLine;

/// <summary>The <c>EDGEMESH_</c> variable that every option has: <c>--cache-bytes</c> is <c>EDGEMESH_CACHE_BYTES</c>.</summary>
/// <remarks>A repeatable option takes several values separated by <c>;</c>; an empty variable counts as absent. <see cref="GivenOptions"/> gives options their values. Stateless; thread-safe.</remarks>
internal static class EnvironmentVariables
{
    private const string Prefix = "EDGEMESH_";
    private const char Separator = ';';

    /// <summary>The variable of an option.</summary>
    /// <param name="optionName">With its dashes: <c>--cache-bytes</c>.</param>
    public static string NameOf(string optionName) => Prefix + optionName.TrimStart('-').Replace('-', '_').ToUpperInvariant();

    /// <summary>True for an option that has a variable: all but <c>--help</c> and <c>--version</c>.</summary>
    public static bool Has(Option option) => option is not (System.CommandLine.Help.HelpOption or VersionOption);

    /// <summary>The values that an option's variable has; null: it is absent or empty.</summary>
    /// <exception cref="CliException">The variable of a switch says neither yes nor no.</exception>
    public static IReadOnlyList<string>? Find(Option option, IReadOnlyDictionary<string, string> environment)
    {
        if (!environment.TryGetValue(NameOf(option.Name), out var text) || text.Length == 0)
        {
            return null;
        }

        return option.Arity.MaximumNumberOfValues > 1
            ? text.Split(Separator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            : [option.ValueType == typeof(bool) ? Boolean(option, text) : text];
    }

    /// <summary>Variables with our prefix that no option of any command has: misspelt ones. One sentence each.</summary>
    public static IEnumerable<string> FindUnknown(Command root, IReadOnlyDictionary<string, string> environment)
    {
        var known = OptionsOf(root).Where(Has).Select(option => NameOf(option.Name)).ToHashSet(StringComparer.Ordinal);
        foreach (var name in environment.Keys.Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && !known.Contains(name)).Order(StringComparer.Ordinal))
        {
            yield return $"{name} is ignored: no option has this variable" + Suggestion.Sentence(name[Prefix.Length..], known.Select(one => one[Prefix.Length..]), Prefix);
        }
    }

    private static IEnumerable<Option> OptionsOf(Command command) => command.Options.Concat(command.Subcommands.SelectMany(OptionsOf));

    private static string Boolean(Option option, string text) => SwitchText.TryRead(text, out var isOn, out var error)
        ? (isOn ? "true" : "false")
        : throw new CliException($"{NameOf(option.Name)} '{text}': {error}", ExitCodes.Usage);
}
