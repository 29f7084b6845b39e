using System.CommandLine;
using System.CommandLine.Parsing;

namespace EdgeMesh.Node.Configuration;

/// <summary>A command line with what variables and the configuration file add to it.</summary>
/// <param name="Parsed">The options' values.</param>
/// <param name="Sources">Where those came from that are not on the command line.</param>
/// <param name="FileFaults">What is wrong in the configuration file.</param>
internal sealed record ResolvedOptions(ParseResult Parsed, IReadOnlyDictionary<Option, OptionSource> Sources, IReadOnlyList<ConfigurationFault> FileFaults)
{
    /// <summary>Whether the command can run.</summary>
    public bool IsRight => FileFaults.Count == 0 && Parsed.Errors.Count == 0;

    /// <summary>All that is wrong, one line a fault, each with its source.</summary>
    public IReadOnlyList<string> Errors =>
    [
        .. FileFaults.Select(fault => fault.ToString()),

        // What a faulty file was to give may well be missing now: only what values say of themselves counts.
        .. Parsed.Errors.Where(error => FileFaults.Count == 0 || (OptionOf(error) is { } option && SourceOf(option) is not OptionSource.Default)).Select(Explain).Distinct(),
    ];

    /// <summary>Where an option's value came from.</summary>
    public OptionSource SourceOf(Option option) =>
        Sources.GetValueOrDefault(option) ?? (Parsed.GetResult(option) is null or { Implicit: true } ? new OptionSource.Default() : new OptionSource.Flag());

    /// <summary>A fault that begins with an option's name, with that option's source in front.</summary>
    public string Explain(string fault) =>
        Parsed.CommandResult.Command.Options.FirstOrDefault(option => option.Name == LeadingName(fault)) is { } option ? SourceOf(option).Explain(fault) : fault;

    /// <summary>The option's name that a fault begins with: <c>--listen</c>.</summary>
    public static string LeadingName(string fault) => fault.Split(' ', 2)[0].TrimEnd(':');

    private string Explain(ParseError error) => OptionOf(error) is { } option ? SourceOf(option).Explain(error.Message) : error.Message;

    private static Option? OptionOf(ParseError error)
    {
        for (var symbol = error.SymbolResult; symbol is not null; symbol = symbol.Parent)
        {
            if (symbol is OptionResult result)
            {
                return result.Option;
            }
        }

        return null;
    }
}
