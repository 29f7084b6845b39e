using System.CommandLine;
using EdgeMesh.Node.CommandLine;

namespace EdgeMesh.Node.Configuration;

/// <summary>What a process was given: its arguments and its variables, which may name a configuration file. A server reads them again when it reloads.</summary>
/// <remarks>
/// A variable, then a line of the file, is spliced into the arguments as <c>--option=value</c> where nothing stronger has the option, and all is parsed
/// again: so whatever its source, a value is read, checked and required exactly as its option is. Immutable; thread-safe.
/// </remarks>
/// <param name="arguments">As typed, without the program's name.</param>
/// <param name="environment">Variables of the process.</param>
internal sealed class GivenOptions(string[] arguments, IReadOnlyDictionary<string, string> environment)
{
    // `@` begins the name of a request's file in `call -d @FILE`, as in curl: no response files.
    private static readonly ParserConfiguration Grammar = new() { ResponseFileTokenReplacer = null };

    /// <summary>Variables of the process.</summary>
    public IReadOnlyDictionary<string, string> Environment => environment;

    /// <summary>Parses arguments as they are.</summary>
    public static ParseResult Parse(RootCommand root, IReadOnlyList<string> arguments) => root.Parse(arguments, Grammar);

    /// <summary>Reads everything. Faults are in the answer.</summary>
    /// <param name="root">All commands.</param>
    /// <exception cref="CliException">The variable of a switch says neither yes nor no.</exception>
    public ResolvedOptions Resolve(RootCommand root)
    {
        var parsed = Parse(root, arguments);
        var command = parsed.CommandResult.Command;
        var position = Array.IndexOf(arguments, command.Name) + 1;
        var sources = new Dictionary<Option, OptionSource>();
        if (position == 0)
        {
            return new(parsed, sources, []);
        }

        // 1. Variables.
        var spliced = arguments;
        foreach (var option in Absent(parsed))
        {
            if (EnvironmentVariables.Find(option, environment) is { } values)
            {
                sources.Add(option, new OptionSource.Variable(EnvironmentVariables.NameOf(option.Name)));
                spliced = Splice(spliced, position, option, values);
            }
        }

        parsed = Parse(root, spliced);

        // 2. The file, if one is named by now.
        var named = command.Options.OfType<ConfigurationOption>().SingleOrDefault();
        if (named is null || parsed.GetResult(named) is not { Tokens: [{ Value: var path }] })
        {
            return new(parsed, sources, []);
        }

        var file = ConfigurationFile.Read(path, root);
        var section = file.Sections.FirstOrDefault(section => section.Name == named.Section);
        foreach (var option in Absent(parsed))
        {
            if (section?.Settings.FirstOrDefault(setting => setting.Name == option.Name) is { } setting)
            {
                sources.Add(option, setting.Source);
                spliced = Splice(spliced, position, option, setting.Values);
            }
        }

        IEnumerable<ConfigurationFault> missing = section is null && file.Faults.Count == 0 ? [new(path, 0, "", $"has no section {named.Section}:")] : [];
        return new(Parse(root, spliced), sources, [.. file.Faults, .. missing]);
    }

    private static IEnumerable<Option> Absent(ParseResult parsed) =>
        parsed.CommandResult.Command.Options.Where(option => EnvironmentVariables.Has(option) && parsed.GetResult(option) is null or { Implicit: true });

    private static string[] Splice(string[] arguments, int position, Option option, IEnumerable<string> values) =>
        [.. arguments[..position], .. values.Select(value => $"{option.Name}={value}"), .. arguments[position..]];
}
