using System.CommandLine;
using System.CommandLine.Completions;
using EdgeMesh.Node.CommandLine;

namespace EdgeMesh.Node.Completion;

/// <summary>What may stand where a value is wanted.</summary>
internal enum CompletionValue
{
    /// <summary>No value: a switch, or a command without arguments.</summary>
    None,

    /// <summary>Something that no shell can know.</summary>
    Text,

    /// <summary>One of a few words.</summary>
    Words,

    /// <summary>A file.</summary>
    File,

    /// <summary>A directory.</summary>
    Directory,
}

/// <summary>A word with what it means.</summary>
/// <param name="Word">As typed.</param>
/// <param name="Description">One line.</param>
internal sealed record CompletionWord(string Word, string Description);

/// <summary>An option at one place.</summary>
/// <param name="Names">All its names, <c>--target</c> before <c>--to</c>.</param>
/// <param name="Description">One line.</param>
/// <param name="Value">What comes after it.</param>
/// <param name="Words">The words, where <paramref name="Value"/> says so.</param>
internal sealed record CompletionOption(IReadOnlyList<string> Names, string Description, CompletionValue Value, IReadOnlyList<string> Words);

/// <summary>One command of the tree as a shell completes it. The scripts of all shells are written from these.</summary>
/// <param name="Path">The words that lead to it, each after a space: <c> token create</c>; empty for the program alone.</param>
/// <param name="Commands">What may come next.</param>
/// <param name="Options">Its options.</param>
/// <param name="Argument">What its arguments are.</param>
/// <param name="Words">The words, where <paramref name="Argument"/> says so.</param>
internal sealed record CompletionPlace(
    string Path, IReadOnlyList<CompletionWord> Commands, IReadOnlyList<CompletionOption> Options, CompletionValue Argument, IReadOnlyList<string> Words)
{
    /// <summary>Every command of a tree, each before its own subcommands.</summary>
    public static IReadOnlyList<CompletionPlace> Of(RootCommand root)
    {
        var inherited = root.Options.Where(option => option.Recursive).ToList();
        return [.. Visit("", root)];

        IEnumerable<CompletionPlace> Visit(string path, Command command)
        {
            var commands = command.Subcommands.Where(sub => !sub.Hidden).ToList();
            var options = command.Options.Concat(inherited).Distinct().Where(option => !option.Hidden).Select(OptionOf);
            var (argument, words) = ArgumentOf(command.Arguments);
            yield return new(path, [.. commands.Select(sub => new CompletionWord(sub.Name, FirstSentence(sub.Description)))], [.. options], argument, words);
            foreach (var place in commands.SelectMany(sub => Visit($"{path} {sub.Name}", sub)))
            {
                yield return place;
            }
        }
    }

    private static CompletionOption OptionOf(Option option)
    {
        var names = option.Aliases.Where(alias => alias is not ("-?" or "/?" or "/h")).Order(StringComparer.Ordinal).Prepend(option.Name).Distinct();
        var words = WordsOf(option.GetCompletions(CompletionContext.Empty), option.ValueType);
        var value = !EnvironmentVariables.Has(option) || option.ValueType == typeof(bool) ? CompletionValue.None : ValueOf(option.HelpName ?? "", words);
        var description = (option.Description ?? "").Replace($" [env: {EnvironmentVariables.NameOf(option.Name)}]", "", StringComparison.Ordinal);
        return new([.. names], FirstSentence(description), value, value == CompletionValue.Words ? words : []);
    }

    // A shell need not know which argument it is at: whatever one of them may be is offered for all.
    private static (CompletionValue Value, IReadOnlyList<string> Words) ArgumentOf(IEnumerable<Argument> arguments)
    {
        var all = arguments.Select(argument => (Argument: argument, Words: WordsOf(argument.GetCompletions(CompletionContext.Empty), argument.ValueType))).ToList();
        var best = all.Select(each => ValueOf(each.Argument.Name, each.Words)).DefaultIfEmpty(CompletionValue.None).Max();
        return (best, best == CompletionValue.Words ? [.. all.SelectMany(each => each.Words)] : []);
    }

    private static CompletionValue ValueOf(string name, IReadOnlyList<string> words) => name switch
    {
        _ when words.Count > 0 => CompletionValue.Words,
        "FILE" or "LOCAL" => CompletionValue.File,
        "DIR" => CompletionValue.Directory,
        _ => CompletionValue.Text,
    };

    // Enumerations are typed in lower case here, whatever C# calls their values.
    private static List<string> WordsOf(IEnumerable<CompletionItem> items, Type type) =>
        [.. items.Select(item => type.IsEnum ? item.Label.ToLowerInvariant() : item.Label)];

    private static string FirstSentence(string? description)
    {
        var text = (description ?? "").ReplaceLineEndings(" ");
        var end = text.IndexOfAny([';', ':']) is var clause and > 0 ? clause : text.Length;
        var stop = text.IndexOf(". ", StringComparison.Ordinal);
        return text[..(stop > 0 && stop < end ? stop : end)].TrimEnd('.');
    }
}
