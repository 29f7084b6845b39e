using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics.CodeAnalysis;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.CommandLine;

/// <summary>Reads the text of one value.</summary>
/// <typeparam name="T">What it stands for.</typeparam>
/// <param name="text">As typed.</param>
/// <param name="value">Set when the answer is true.</param>
/// <param name="error">What a right value looks like; set when the answer is false.</param>
internal delegate bool TryRead<T>(string text, [MaybeNullWhen(false)] out T value, out string error);

/// <summary>Makes options whose help, variable and errors read alike.</summary>
/// <remarks>Each is also an environment variable: <see cref="EnvironmentVariables"/>.</remarks>
internal static class CliOption
{
    /// <summary>A value read by <paramref name="read"/>; null when not given.</summary>
    public static Option<T?> Value<T>(string name, string valueName, string description, TryRead<T> read) =>
        new(name)
        {
            HelpName = valueName,
            Description = Describe(name, description),
            CustomParser = result => Single(result, read),
        };

    /// <summary>A value read by <paramref name="read"/>, or <paramref name="defaultValue"/>.</summary>
    public static Option<T> Value<T>(string name, string valueName, string description, TryRead<T> read, T defaultValue)
        where T : notnull =>
        new(name)
        {
            HelpName = valueName,
            Description = Describe(name, description),
            CustomParser = result => Single(result, read)!,
            DefaultValueFactory = _ => defaultValue,
        };

    /// <summary>A text; null when not given.</summary>
    public static Option<string?> Text(string name, string valueName, string description) =>
        new(name) { HelpName = valueName, Description = Describe(name, description) };

    /// <summary>A text that must be given.</summary>
    public static Option<string> RequiredText(string name, string valueName, string description) =>
        new(name) { HelpName = valueName, Description = Describe(name, description), Required = true };

    /// <summary>A value read by <paramref name="read"/> that must be given.</summary>
    public static Option<T> Required<T>(string name, string valueName, string description, TryRead<T> read) =>
        new(name) { HelpName = valueName, Description = Describe(name, description), Required = true, CustomParser = result => Single(result, read)! };

    /// <summary>A switch.</summary>
    public static Option<bool> Flag(string name, string description) =>
        new(name) { Description = Describe(name, description), Arity = ArgumentArity.ZeroOrOne };

    /// <summary>The option of <see cref="Json"/>.</summary>
    public const string JsonName = "--json";

    /// <summary><c>--json</c>, the same on every query.</summary>
    public static Option<bool> Json() => Flag(JsonName, "Answer with one JSON document; docs/cli.md names its fields.");

    /// <summary>Values from every time that the option is given.</summary>
    public static Option<T[]> Many<T>(string name, string valueName, string description, TryRead<T> read) =>
        new(name)
        {
            HelpName = valueName,
            Description = Describe(name, description + " Repeatable."),
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
            CustomParser = result => Every(result, read),
            DefaultValueFactory = _ => [],
        };

    /// <summary>Texts from every time that the option is given.</summary>
    public static Option<string[]> ManyTexts(string name, string valueName, string description) =>
        Many<string>(name, valueName, description, PlainText.TryRead);

    /// <summary>A positional value read by <paramref name="read"/>.</summary>
    public static Argument<T> Argument<T>(string name, string description, TryRead<T> read) =>
        new(name) { Description = description, CustomParser = result => Single(result, read)! };

    /// <summary>A positional value read by <paramref name="read"/> that may be left out; null then.</summary>
    public static Argument<T?> OptionalArgument<T>(string name, string description, TryRead<T> read) =>
        new(name) { Description = description, Arity = ArgumentArity.ZeroOrOne, CustomParser = result => Single(result, read) };

    /// <summary>An option's help: what it means, and its variable.</summary>
    public static string Describe(string name, string description) => $"{description} [env: {EnvironmentVariables.NameOf(name)}]";

    private static T? Single<T>(ArgumentResult result, TryRead<T> read)
    {
        if (result.Tokens is [var token])
        {
            if (result.Parent is not OptionResult && token.Value.StartsWith("--", StringComparison.Ordinal))
            {
                // The parser takes a misspelt option for an argument where it still wants one.
                result.AddError($"no such option '{token.Value}'");
            }
            else if (read(token.Value, out var value, out var error))
            {
                return value;
            }
            else
            {
                result.AddError(Complain(result, token.Value, error));
            }
        }
        else
        {
            result.AddError($"{NameOf(result)} takes one value");
        }

        return default;
    }

    private static T[] Every<T>(ArgumentResult result, TryRead<T> read)
    {
        var values = new List<T>();
        foreach (var token in result.Tokens)
        {
            if (read(token.Value, out var value, out var error))
            {
                values.Add(value);
            }
            else
            {
                result.AddError(Complain(result, token.Value, error));
            }
        }

        return [.. values];
    }

    private static string Complain(ArgumentResult result, string text, string error) => $"{NameOf(result)} '{text}': {error}";

    private static string NameOf(ArgumentResult result) =>
        result.Parent is OptionResult option ? option.Option.Name : result.Argument.Name;
}
