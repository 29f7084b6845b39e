using System.ComponentModel;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Contracts;

/// <summary>The options of a server, as <c>config show</c> and a node's <c>GET /config</c> tell them.</summary>
internal sealed record ConfigJson(
    [property: Description("Each option, in the order of the reference.")] IReadOnlyList<OptionJson> Options)
{
    /// <summary>Options as JSON.</summary>
    public static ConfigJson Of(IEnumerable<ConfigOption> options) =>
        new([.. options.Select(option => new OptionJson(option.Path, option.Values, option.Source, option.Hidden))]);
}

/// <summary>An option in force.</summary>
internal sealed record OptionJson(
    [property: Description("Section and key, such as edge.cache-bytes.")] string Path,
    [property: Description("Its value; several for a repeatable option; none when nobody gave it, or when it is hidden.")] IReadOnlyList<string> Values,
    [property: Description("Where it came from: flag, env NAME, FILE:LINE or default.")] string Source,
    [property: Description("Whether it is a secret, whose value is not shown.")] bool Hidden);

/// <summary>What came of a reload.</summary>
internal sealed record ReloadJson(
    [property: Description("What is wrong, one line each. Nothing was changed, but for what the other fields name.")] IReadOnlyList<string> Faults,
    [property: Description("Options that changed, and that the node follows now.")] IReadOnlyList<string> Applied,
    [property: Description("Options that changed, and that the node follows after a restart.")] IReadOnlyList<string> NeedsRestart,
    [property: Description("All other options.")] IReadOnlyList<string> Unchanged)
{
    /// <summary>A result as JSON.</summary>
    public static ReloadJson Of(ReloadResponse result) => new(result.Faults, result.Applied, result.NeedsRestart, result.Unchanged);
}
