using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;

namespace EdgeMesh.Node.CommandLine;

/// <summary><c>edgemesh version</c>.</summary>
internal sealed class VersionCommand : CliCommand
{
    private readonly Option<bool> _json = CliOption.Json();

    /// <summary>Creates the command.</summary>
    public VersionCommand(Terminal terminal)
        : base("version", "Prints the versions of edgemesh and of what it runs on.", ["edgemesh version", "edgemesh version --json"], terminal)
    {
        Add(_json);
    }

    /// <summary>Version of this program: <c>0.1.0</c>.</summary>
    public static string Number { get; } =
        typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(VersionJson)];

    /// <inheritdoc/>
    protected override Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var version = new VersionJson(Number, RuntimeInformation.FrameworkDescription, RuntimeInformation.OSDescription);
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(Terminal, version);
        }
        else
        {
            Terminal.Out.WriteLine($"edgemesh {version.Version} ({version.Runtime}, {version.System})");
        }

        return Task.FromResult(ExitCodes.Success);
    }
}
