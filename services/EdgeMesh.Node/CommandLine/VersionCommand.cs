using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;

namespace EdgeMesh.Node.CommandLine;

/// <summary><c>edgemesh version</c>.</summary>
internal sealed class VersionCommand : CliCommand
{
    /// <summary>Digits of a commit that a person reads.</summary>
    private const int ShortCommit = 12;

    // 0.1.0+COMMIT, where the build knew it.
    private static readonly string[] Informational =
        typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+', 2);

    private readonly Option<bool> _json = CliOption.Json();

    /// <summary>Creates the command.</summary>
    public VersionCommand(Terminal terminal)
        : base("version", "Prints the versions of edgemesh and of what it runs on.", ["edgemesh version", "edgemesh version --json"], terminal)
    {
        Add(_json);
    }

    /// <summary>Version of this program: <c>0.1.0</c>.</summary>
    public static string Number => Informational[0];

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(VersionJson)];

    /// <inheritdoc/>
    protected override Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var version = new VersionJson(
            Number,
            Informational is [_, var commit] ? commit : null,
            RuntimeInformation.FrameworkDescription,
            RuntimeInformation.OSDescription,
            RuntimeInformation.RuntimeIdentifier);
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(Terminal, version);
        }
        else
        {
            var built = version.Commit is { } known ? $" of commit {known[..Math.Min(ShortCommit, known.Length)]}" : "";
            Terminal.Out.WriteLine($"edgemesh {version.Version}{built} ({version.Runtime}, {version.System}, {version.Platform})");
        }

        return Task.FromResult(ExitCodes.Success);
    }
}
