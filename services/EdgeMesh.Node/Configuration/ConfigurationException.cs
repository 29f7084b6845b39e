using EdgeMesh.Node.CommandLine;

namespace EdgeMesh.Node.Configuration;

/// <summary>Options, variables or a configuration file are wrong: nothing was started or changed.</summary>
/// <param name="lines">One line a fault.</param>
internal sealed class ConfigurationException(IReadOnlyList<string> lines) : CliException(string.Join("; ", lines), ExitCodes.Usage)
{
    /// <summary>One line a fault.</summary>
    public IReadOnlyList<string> Lines => lines;
}
