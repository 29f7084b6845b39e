using System.CommandLine;
using System.CommandLine.Parsing;

namespace EdgeMesh.Node.CommandLine;

/// <summary>Gives every option that is not on the command line the value of its <c>EDGEMESH_</c> variable.</summary>
/// <remarks>
/// The variables are spliced into the arguments as <c>--option=value</c> and parsed again, so that a variable is
/// read, checked and required exactly as its option is. <c>--cache-bytes</c> is <c>EDGEMESH_CACHE_BYTES</c>;
/// a repeatable option takes several values separated by <c>;</c>; an empty variable counts as absent.
/// Stateless; thread-safe.
/// </remarks>
internal static class EnvironmentVariables
{
    private const string Prefix = "EDGEMESH_";
    private const char Separator = ';';

    /// <summary>The variable of an option.</summary>
    /// <param name="optionName">With its dashes: <c>--cache-bytes</c>.</param>
    public static string NameOf(string optionName) => Prefix + optionName.TrimStart('-').Replace('-', '_').ToUpperInvariant();

    /// <summary>True for an option that has a variable: all but <c>--help</c> and <c>--version</c>.</summary>
    public static bool Has(Option option) => option is not (System.CommandLine.Help.HelpOption or VersionOption);

    /// <summary>The arguments with those options added that only the environment names.</summary>
    /// <param name="arguments">As typed.</param>
    /// <param name="parsed">Their parse, errors or not.</param>
    /// <param name="environment">Variables of the process.</param>
    /// <param name="added">The options that were added.</param>
    /// <exception cref="CliException">The variable of a switch says neither yes nor no.</exception>
    public static string[] Splice(string[] arguments, ParseResult parsed, IReadOnlyDictionary<string, string> environment, out IReadOnlySet<Option> added)
    {
        var options = new HashSet<Option>();
        added = options;
        var command = parsed.CommandResult.Command;
        var position = Array.IndexOf(arguments, command.Name) + 1;
        if (position == 0)
        {
            return arguments;
        }

        var spliced = new List<string>();
        foreach (var option in command.Options)
        {
            if (Has(option)
                && parsed.GetResult(option) is null or { Implicit: true }
                && environment.TryGetValue(NameOf(option.Name), out var text)
                && text.Length > 0)
            {
                options.Add(option);
                spliced.AddRange(Values(option, text).Select(value => $"{option.Name}={value}"));
            }
        }

        return [.. arguments[..position], .. spliced, .. arguments[position..]];
    }

    /// <summary>An error's text, naming the variable when the value came from one.</summary>
    public static string Explain(ParseError error, IReadOnlySet<Option> added)
    {
        for (var symbol = error.SymbolResult; symbol is not null; symbol = symbol.Parent)
        {
            if (symbol is OptionResult result && added.Contains(result.Option))
            {
                return $"{NameOf(result.Option.Name)}: {error.Message}";
            }
        }

        return error.Message;
    }

    private static IEnumerable<string> Values(Option option, string text) =>
        option.Arity.MaximumNumberOfValues > 1
            ? text.Split(Separator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            : [option.ValueType == typeof(bool) ? Boolean(option, text) : text];

    /// <summary>What people write in variables for yes and no.</summary>
    private static string Boolean(Option option, string text) => text.ToLowerInvariant() switch
    {
        "1" or "true" or "yes" or "on" => "true",
        "0" or "false" or "no" or "off" => "false",
        _ => throw new CliException($"{NameOf(option.Name)} '{text}': want true or false", ExitCodes.Usage),
    };
}
