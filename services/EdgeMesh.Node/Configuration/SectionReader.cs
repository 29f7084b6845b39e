using System.CommandLine;
using System.CommandLine.Parsing;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Servers;
using EdgeMesh.Node.Values;
using EdgeMesh.Node.Workloads;

namespace EdgeMesh.Node.Configuration;

/// <summary>Reads one section of a configuration file: its keys against the command's options, each value through its option's own parser.</summary>
/// <param name="file">The file, as the user named it.</param>
/// <param name="server">Whose section it is.</param>
/// <param name="servers">All that have sections, to name the one that a key belongs to.</param>
/// <param name="root">All commands.</param>
/// <param name="faults">Gets what is wrong.</param>
internal sealed class SectionReader(string file, ServerCommand server, IReadOnlyList<ServerCommand> servers, RootCommand root, List<ConfigurationFault> faults)
{
    /// <summary>Reads the section.</summary>
    public ConfigurationSection Read(YamlEntry section)
    {
        var settings = new List<FileSetting>();
        switch (section.Value)
        {
            case YamlMapping keys:
                foreach (var entry in keys.Entries)
                {
                    if (FindOption(entry) is { } option && Texts(option, entry) is { Count: > 0 } texts)
                    {
                        settings.Add(new(option.Name, texts, new(file, entry.Line, entry.Path)));
                    }
                }

                break;
            case YamlScalar { IsEmpty: true }:
                break;
            default:
                Fault(section.Value.Line, section.Path, "must be a mapping from options to values");
                break;
        }

        return new(section.Key, section.Line, settings);
    }

    private static IEnumerable<Option> OptionsOf(ServerCommand command) =>
        command.Options.Where(option => EnvironmentVariables.Has(option) && option is not ConfigurationOption);

    private static string KeyOf(Option option) => option.Name.TrimStart('-');

    private static bool IsRepeatable(Option option) => option.Arity.MaximumNumberOfValues > 1;

    private static bool IsPair(Option option) => IsRepeatable(option) && option.HelpName!.Contains('=', StringComparison.Ordinal);

    private Option? FindOption(YamlEntry entry)
    {
        if (OptionsOf(server).FirstOrDefault(option => KeyOf(option) == entry.Key) is { } option)
        {
            return option;
        }

        var elsewhere = servers.FirstOrDefault(other => OptionsOf(other).Any(option => KeyOf(option) == entry.Key));
        var hint = elsewhere is null ? Suggestion.Sentence(entry.Key, OptionsOf(server).Select(KeyOf)) : $"; section {elsewhere.Name}: has it";
        Fault(entry.Line, entry.Path, $"is no option of edgemesh {server.Name} that a file may have{hint}");
        return null;
    }

    /// <summary>The values of an option as they would stand on the command line; fewer than the file has when some are wrong.</summary>
    private List<string> Texts(Option option, YamlEntry entry)
    {
        var texts = new List<string>();
        switch (entry.Value)
        {
            case YamlList list when IsRepeatable(option):
                for (var index = 0; index < list.Items.Count; index++)
                {
                    Add(option, list.Items[index], $"{entry.Path}[{index}]", texts);
                }

                break;
            default:
                Add(option, entry.Value, entry.Path, texts);
                break;
        }

        return texts;
    }

    private void Add(Option option, YamlNode node, string path, List<string> texts)
    {
        switch (node)
        {
            case YamlMapping documents when option.Name == WorkloadArguments.OptionName:
                foreach (var document in documents.Entries)
                {
                    AddDocument(document, texts);
                }

                break;
            case YamlScalar { IsEmpty: true }:
                Fault(node.Line, path, "has no value: give it one, or leave it out");
                break;
            case YamlScalar scalar when option.ValueType == typeof(bool):
                if (SwitchText.TryRead(scalar.Text, out var isOn, out var error))
                {
                    texts.Add(isOn ? "true" : "false");
                }
                else
                {
                    Fault(node.Line, path, $"{option.Name} '{scalar.Text}': {error}");
                }

                break;
            case YamlScalar scalar:
                Check(option, node.Line, path, scalar.Text, texts);
                break;
            case YamlMapping pairs when IsPair(option):
                foreach (var pair in pairs.Entries)
                {
                    if (pair.Value is YamlScalar { IsEmpty: false } value)
                    {
                        Check(option, pair.Line, pair.Path, $"{pair.Key}={value.Text}", texts);
                    }
                    else
                    {
                        Fault(pair.Line, pair.Path, "wants one value");
                    }
                }

                break;
            default:
                var wanted = option.Name == WorkloadArguments.OptionName ? "a mapping from names to workloads" : IsPair(option) ? $"a list of {option.HelpName}, or a mapping" : IsRepeatable(option) ? $"a list of {option.HelpName}" : "one value";
                Fault(node.Line, path, $"{option.Name} wants {wanted}, not a {(node is YamlList ? "list" : "mapping")} here");
                break;
        }
    }

    private void AddDocument(YamlEntry document, List<string> texts)
    {
        // Its own parser, whose faults do not repeat the whole of it.
        if (document.Value is not YamlMapping mapping)
        {
            Fault(document.Line, document.Path, "must be a mapping: what is said of one workload");
        }
        else if (YamlJson.Write(document.Key, mapping) is var text && !WorkloadReader.TryRead(text, out _, out var error))
        {
            Fault(document.Line, document.Path, error);
        }
        else
        {
            texts.Add(text);
        }
    }

    private void Check(Option option, int line, string path, string text, List<string> texts)
    {
        var parsed = GivenOptions.Parse(root, [server.Name, $"{option.Name}={text}"]);
        var errors = parsed.GetResult(option) is { } result ? parsed.Errors.Where(error => IsOf(error, result)).Select(error => error.Message).Distinct().ToList() : [];
        errors.ForEach(error => Fault(line, path, error));
        if (errors.Count == 0)
        {
            texts.Add(text);
        }
    }

    private static bool IsOf(ParseError error, OptionResult result) => error.SymbolResult == result || error.SymbolResult?.Parent == result;

    private void Fault(int line, string path, string message) => faults.Add(new(file, line, path, message));
}
