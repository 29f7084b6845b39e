using EdgeMesh.Testing;

namespace EdgeMesh.Storage.Tests.Hosted;

/// <summary>Starts this test assembly as a program of its own.</summary>
internal static class ChildStore
{
    private static string Assembly => typeof(ChildStore).Assembly.Location;

    /// <summary>The command line of a program of <see cref="ChildPrograms"/>, for a tool that runs it.</summary>
    internal static string[] CommandLine(params string[] arguments) => [DotNetHost.Path, "exec", Assembly, .. arguments];

    /// <summary>Starts a program of <see cref="ChildPrograms"/>.</summary>
    internal static ChildProcess Start(IEnumerable<KeyValuePair<string, string?>>? environment, params string[] arguments) =>
        ChildProcess.Start(DotNetHost.Path, CommandLine(arguments)[1..], environment);
}
