using System.CommandLine;
using System.ComponentModel;
using System.Reflection;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;

namespace EdgeMesh.Node.Tests.Contracts;

/// <summary>Writes the reference part of docs/cli.md from the command tree and the JSON contracts.</summary>
internal static class CliReference
{
    public static string Render(RootCommand root)
    {
        var text = new StringBuilder();
        text.AppendLine("## Commands").AppendLine();
        foreach (var (path, command) in Commands(root))
        {
            Render(text, path, command);
        }

        text.AppendLine("## JSON").AppendLine();
        foreach (var contract in AllContracts(Commands(root).SelectMany(each => each.Command.JsonContracts)))
        {
            Render(text, contract);
        }

        return text.ToString().ReplaceLineEndings("\n").TrimEnd() + "\n";
    }

    /// <summary>Every command with the words that lead to it, those of a group after it.</summary>
    public static IEnumerable<(string Path, CliCommand Command)> Commands(Command parent, string path = "") =>
        parent.Subcommands.SelectMany(command => (command is CliCommand cli ? [(path + cli.Name, cli)] : Enumerable.Empty<(string, CliCommand)>()).Concat(Commands(command, $"{path}{command.Name} ")));

    public static JsonTypeInfo InfoOf(Type type) => ContractContext.Default.GetTypeInfo(type)!;

    /// <summary>The contracts and those nested in them, each once, in the order in which they are met.</summary>
    public static IReadOnlyList<Type> AllContracts(IEnumerable<Type> roots)
    {
        var found = new List<Type>();
        void Visit(Type type)
        {
            var contract = ElementOf(type);
            if (IsContract(contract) && !found.Contains(contract))
            {
                found.Add(contract);
                InfoOf(contract).Properties.ToList().ForEach(property => Visit(property.PropertyType));
            }
        }

        roots.ToList().ForEach(Visit);
        return found;
    }

    private static void Render(StringBuilder text, string path, CliCommand command)
    {
        text.AppendLine($"### edgemesh {path}").AppendLine();
        text.AppendLine(command.Description).AppendLine();
        text.AppendLine("```");
        command.Examples.ToList().ForEach(example => text.AppendLine(example));
        text.AppendLine("```").AppendLine();
        if (command.Arguments.Count > 0)
        {
            text.AppendLine("| argument | meaning |").AppendLine("|---|---|");
            foreach (var argument in command.Arguments)
            {
                var name = argument.Arity.MinimumNumberOfValues == 0 ? $"[{argument.Name}]" : argument.Name;
                text.AppendLine($"| `{name}` | {Cell(argument.Description!)} |");
            }

            text.AppendLine();
        }

        text.AppendLine("| option | variable | default | meaning |").AppendLine("|---|---|---|---|");
        foreach (var option in command.Options.Where(EnvironmentVariables.Has))
        {
            var variable = EnvironmentVariables.NameOf(option.Name);
            var names = string.Join(", ", option.Aliases.Order(StringComparer.Ordinal).Prepend(option.Name));
            var value = option.ValueType == typeof(bool) ? "" : " " + option.HelpName;
            text.AppendLine($"| `{names}{value}` | `{variable}` | {DefaultOf(option)} | {Cell(option.Description!.Replace($" [env: {variable}]", ""))} |");
        }

        text.AppendLine();
        if (command.JsonContracts.Count > 0)
        {
            text.AppendLine($"JSON: {string.Join(" or ", command.JsonContracts.Select(Kind))}").AppendLine();
        }
    }

    private static void Render(StringBuilder text, Type contract)
    {
        text.AppendLine($"### {contract.Name}").AppendLine();
        text.AppendLine("| field | type | meaning |").AppendLine("|---|---|---|");
        foreach (var property in InfoOf(contract).Properties)
        {
            var description = ((ICustomAttributeProvider)property.AttributeProvider!).GetCustomAttributes(true).OfType<DescriptionAttribute>().Single();
            text.AppendLine($"| `{property.Name}` | {Kind(property.PropertyType)} | {Cell(description.Description)} |");
        }

        text.AppendLine();
    }

    private static string DefaultOf(Option option) => option switch
    {
        { Required: true } => "(required)",
        { HasDefaultValue: true } when !option.ValueType.IsArray && option.ValueType != typeof(bool) => $"`{(option.GetDefaultValue() is Uri address ? EdgeMesh.Node.Values.TargetAddress.Show(address) : option.GetDefaultValue())}`",
        _ => "",
    };

    private static string Cell(string text) => text.Replace("|", "\\|").Replace("*", "\\*");

    private static string Link(Type contract) => $"[{contract.Name}](#{contract.Name.ToLowerInvariant()})";

    private static string Kind(Type type)
    {
        var element = ElementOf(type);
        var kind = IsContract(element) ? Link(element)
            : element == typeof(string) ? "string"
            : element == typeof(bool) ? "true or false"
            : element == typeof(DateTimeOffset) ? "string"
            : element == typeof(IReadOnlyDictionary<string, string>) ? "object of strings"
            : element == typeof(System.Text.Json.JsonElement) ? "any"
            : "number";
        return element == (Nullable.GetUnderlyingType(type) ?? type) ? kind : $"array of {kind}";
    }

    private static bool IsContract(Type type) => type.Namespace == typeof(ContractContext).Namespace;

    private static Type ElementOf(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0] : Nullable.GetUnderlyingType(type) ?? type;
}
