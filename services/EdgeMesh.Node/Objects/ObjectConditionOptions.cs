using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Objects;

/// <summary>The options that make a command depend on what stands under the key now.</summary>
internal sealed class ObjectConditionOptions
{
    private readonly Option<string?> _ifMatch = CliOption.Text("--if-match", "ETAG", "Only if the object has this etag; *: only if there is one.");
    private readonly Option<string?> _ifNoneMatch = CliOption.Text("--if-none-match", "ETAG", "Only if the object has another etag; *: only if there is none.");
    private readonly Option<ulong?> _ifGeneration = CliOption.Value<ulong?>("--if-generation", "N", "Only if the object has this generation; 0: only if there is none.", WholeNumber.TryReadGeneration);

    /// <summary>Adds the options to a command.</summary>
    public ObjectConditionOptions(Command command)
    {
        command.Add(_ifMatch);
        command.Add(_ifNoneMatch);
        command.Add(_ifGeneration);
    }

    /// <summary>The conditions given; null when there are none.</summary>
    public ObjectConditions? Read(ParseResult parsed)
    {
        var ifMatch = parsed.GetValue(_ifMatch);
        var ifNoneMatch = parsed.GetValue(_ifNoneMatch);
        var ifGeneration = parsed.GetValue(_ifGeneration);
        if (ifMatch is null && ifNoneMatch is null && ifGeneration is null)
        {
            return null;
        }

        var conditions = new ObjectConditions { IfMatch = Quoted(ifMatch), IfNoneMatch = Quoted(ifNoneMatch) };
        if (ifGeneration is not null)
        {
            conditions.IfGenerationMatch = ifGeneration.Value;
        }

        return conditions;
    }

    /// <summary>Shells eat double quotes: an etag without them gets them back.</summary>
    private static string Quoted(string? etag) => etag switch
    {
        null => "",
        "*" => "*",
        ['"', ..] => etag,
        _ => $"\"{etag}\"",
    };
}
