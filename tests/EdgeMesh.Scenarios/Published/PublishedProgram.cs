using System.Runtime.InteropServices;
using EdgeMesh.Testing;

namespace EdgeMesh.Scenarios.Published;

/// <summary>The executable as users get it: self-contained, trimmed, compiled ahead; published once for all tests of the class.</summary>
/// <remarks>Everything that the build makes lies in a directory of its own: the build that the tests run from stays as it is.</remarks>
public sealed class PublishedProgram : IAsyncLifetime
{
    /// <summary>Compiling all of the runtime ahead takes half a minute on two quiet cores. Where twenty processes more wanted them, seven minutes were not enough.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    private readonly TempDirectory _directory = new();

    /// <summary>Where it lies, with what belongs beside it.</summary>
    public string Folder => Path.Combine(_directory.Path, "app");

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        await using var publish = ChildProcess.Start(
            DotNetHost.Path,
            [
                "publish", Path.Combine(Repository.Root, "services", "EdgeMesh.Node", "EdgeMesh.Node.csproj"),
                "--configuration", "Release", "--runtime", RuntimeInformation.RuntimeIdentifier, "-p:DebugType=none", "-p:RunAnalyzers=false",
                "--artifacts-path", Path.Combine(_directory.Path, "artifacts"), "--output", Folder, "--nologo", "-nodeReuse:false",
            ]);
        Assert.True(await publish.WaitForExitAsync(Limit) == 0, string.Join('\n', publish.Transcript));
    }

    /// <summary>Starts it.</summary>
    public ChildProcess Start(params string[] arguments) => Start(new Dictionary<string, string?>(), arguments);

    /// <summary>Starts it with variables of its own.</summary>
    public ChildProcess Start(IReadOnlyDictionary<string, string?> environment, params string[] arguments) => ChildProcess.Start(Path.Combine(Folder, "edgemesh"), arguments, environment);

    /// <summary>Runs it to its end, which must be a good one.</summary>
    /// <returns>Its standard output.</returns>
    public async Task<string> RunAsync(params string[] arguments)
    {
        await using var process = Start(arguments);
        Assert.True(await process.WaitForExitAsync() == 0, $"edgemesh {string.Join(' ', arguments)}\n{string.Join('\n', process.Transcript)}");
        return string.Join('\n', process.Output);
    }

    /// <inheritdoc/>
    public Task DisposeAsync()
    {
        _directory.Dispose();
        return Task.CompletedTask;
    }
}
