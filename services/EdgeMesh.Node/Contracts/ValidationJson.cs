using System.ComponentModel;
using EdgeMesh.Node.Configuration;

namespace EdgeMesh.Node.Contracts;

/// <summary>What <c>validate</c> found.</summary>
internal sealed record ValidationJson(
    [property: Description("The file, as it was named.")] string File,
    [property: Description("Whether nothing is wrong in it.")] bool Valid,
    [property: Description("What is wrong, in the file's order.")] IReadOnlyList<FaultJson> Faults,
    [property: Description("What it leaves to flags or variables though no node starts without it.")] IReadOnlyList<FaultJson> Missing);

/// <summary>One fault of a configuration.</summary>
internal sealed record FaultJson(
    [property: Description("From 1; null: the file as a whole.")] int? Line,
    [property: Description("The section and key, such as edge.cache-bytes; empty: the document.")] string Path,
    [property: Description("What is wrong, and what would be right.")] string Message)
{
    /// <summary>The fault of a file.</summary>
    public static FaultJson Of(ConfigurationFault fault) => new(fault.Line == 0 ? null : fault.Line, fault.Path, fault.Message);
}
