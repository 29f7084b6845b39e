using System.CommandLine;
using EdgeMesh.Node.CommandLine;

namespace EdgeMesh.Node.Configuration;

/// <summary><c>--config</c>: names the file that has the options which neither the command line nor a variable has.</summary>
internal sealed class ConfigurationOption : Option<string?>
{
    private const string OptionName = "--config";

    /// <summary>Creates the option of one command.</summary>
    /// <param name="section">The file's section for it: the server command's name.</param>
    public ConfigurationOption(string section)
        : base(OptionName)
    {
        Section = section;
        HelpName = "FILE";
        Description = CliOption.Describe(OptionName, $"Take options that are neither on the command line nor in a variable from section {section}: of this YAML file (docs/configuration.md).");
    }

    /// <summary>The file's section.</summary>
    public string Section { get; }
}
