using EdgeMesh.Testing;

namespace EdgeMesh.Scenarios.Up;

/// <summary>The executable <c>edgemesh</c> itself, run as users run it; <see cref="NodeProcess"/> runs it by <c>dotnet edgemesh.dll</c>.</summary>
internal static class EdgeMeshProgram
{
    private static readonly string Executable = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "edgemesh.exe" : "edgemesh");

    /// <summary>Starts it.</summary>
    public static ChildProcess Start(params string[] arguments) => ChildProcess.Start(Executable, arguments);
}
