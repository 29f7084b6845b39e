using System.Collections;
using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Values;
using EdgeMesh.Node.Workloads;
using EdgeMesh.V1;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Node.Configuration;

/// <summary>An option of a server as it is in force, with where its value came from. Immutable.</summary>
/// <param name="Path">Section and key: <c>edge.cache-bytes</c>.</param>
/// <param name="Option">The option.</param>
/// <param name="Value">As the option's parser read it: what two configurations are compared by.</param>
/// <param name="Texts">As people write it; several for a repeatable option, none when nobody gave it and it has no default.</param>
/// <param name="Source">Where it came from.</param>
internal sealed record EffectiveOption(string Path, Option Option, object? Value, IReadOnlyList<string> Texts, OptionSource Source)
{
    /// <summary>Words in the name of an option whose value nobody but the node may see, unless it is the file that holds it.</summary>
    private static readonly string[] SecretWords = ["token", "secret", "password", "key"];

    /// <summary>Whether the value must not be shown.</summary>
    public bool IsSecret => IsSecretOption(Option);

    /// <summary>The options of a server.</summary>
    /// <param name="section">The server command's name.</param>
    /// <param name="resolved">Their values, without faults.</param>
    public static IReadOnlyList<EffectiveOption> Of(string section, ResolvedOptions resolved) =>
    [
        .. from option in resolved.Parsed.CommandResult.Command.Options
           where EnvironmentVariables.Has(option) && option.Name != CliOption.JsonName
           let result = resolved.Parsed.GetResult(option)
           select new EffectiveOption(
               $"{section}.{option.Name.TrimStart('-')}",
               option,
               result?.GetValueOrDefault<object?>(),
               result is { Implicit: false } ? TextsOf(result.Tokens.Select(token => token.Value)) : DefaultOf(option),
               resolved.SourceOf(option)),
    ];

    /// <summary>What administrators may see of it.</summary>
    public ConfigOption ToMessage() => new() { Path = Path, Values = { IsSecret ? [] : Texts }, Source = Source.ToString(), Hidden = IsSecret };

    /// <summary>Whether another configuration says the same of this option, in whatever words.</summary>
    public bool HasValueOf(EffectiveOption other) => StructuralComparisons.StructuralEqualityComparer.Equals(Value, other.Value);

    /// <summary>Whether an option's value must not be shown: a workload's variables may be secrets.</summary>
    public static bool IsSecretOption(Option option) =>
        option.Name == WorkloadArguments.OptionName || (option.HelpName != "FILE" && SecretWords.Any(word => option.Name.Contains(word, StringComparison.Ordinal)));

    /// <summary>A switch that is given without a value is on.</summary>
    private static IReadOnlyList<string> TextsOf(IEnumerable<string> tokens) => [.. tokens.DefaultIfEmpty("true")];

    private static IReadOnlyList<string> DefaultOf(Option option) => option.ValueType == typeof(bool) ? ["false"] : option.HasDefaultValue ? option.GetDefaultValue() switch
    {
        null or Array => [],
        Uri address => [TargetAddress.Show(address)],
        LogLevel level => [level.ToString().ToLowerInvariant()],
        var value => [value.ToString()!],
    } : [];
}
