using EdgeMesh.Testing;

namespace EdgeMesh.Scenarios.Interop;

/// <summary>Whose interop client or server.</summary>
public enum InteropProgram
{
    /// <summary>EdgeMesh.InteropHost.</summary>
    Ours,

    /// <summary>Node.js with @grpc/grpc-js.</summary>
    GrpcJs,

    /// <summary>Debian's Python with grpcio.</summary>
    Python,
}

/// <summary>Starts interop clients and servers as processes.</summary>
internal static class InteropPrograms
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests/EdgeMesh.Scenarios/Interop");
    private static readonly string Protos = Path.Combine(Repository.Root, "tests/EdgeMesh.InteropHost/protos");
    private static readonly string Host = Path.Combine(AppContext.BaseDirectory, "EdgeMesh.InteropHost.dll");
    private static readonly Lazy<Task<string>> Descriptors = new(WriteDescriptorsAsync);

    /// <summary>The file of the interop services' descriptors.</summary>
    public static Task<string> DescriptorsAsync => Descriptors.Value;

    /// <summary>Starts a server on a port that the system assigns.</summary>
    /// <param name="program">Whose.</param>
    /// <param name="flags">Further flags.</param>
    /// <returns>The process, which the caller disposes, and its URL.</returns>
    public static async Task<(ChildProcess Process, Uri Url)> StartServerAsync(InteropProgram program, params string[] flags)
    {
        var process = program switch
        {
            InteropProgram.GrpcJs => ChildProcess.Start("node", [Path.Combine(Folder, "grpc-js/server.js"), "--port=0", $"--protos={Protos}", .. flags]),
            InteropProgram.Python => ChildProcess.Start(
                "/usr/bin/python3", ["-B", Path.Combine(Folder, "python/server.py"), "--port=0", $"--descriptors={await Descriptors.Value}", .. flags]),
            _ => ChildProcess.Start(DotNetHost.Path, [Host, "server", "--port=0", .. flags]),
        };
        try
        {
            const string Announcement = "listening on ";
            var line = await process.WaitForLineAsync(line => line.StartsWith(Announcement, StringComparison.Ordinal));
            return (process, new Uri(line[Announcement.Length..]));
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <summary>Starts a client.</summary>
    /// <param name="program">Whose.</param>
    /// <param name="server">Where to.</param>
    /// <param name="testCase">A case, or <c>all</c>.</param>
    /// <param name="flags">Further flags.</param>
    public static async Task<ChildProcess> StartClientAsync(InteropProgram program, Uri server, string testCase, params string[] flags)
    {
        string[] common = [$"--server_host={server.Host}", $"--server_port={server.Port}", $"--test_case={testCase}", .. flags];
        return program switch
        {
            InteropProgram.GrpcJs => ChildProcess.Start("node", [Path.Combine(Folder, "grpc-js/client.js"), $"--protos={Protos}", .. common]),
            InteropProgram.Python => ChildProcess.Start(
                "/usr/bin/python3", ["-B", Path.Combine(Folder, "python/client.py"), $"--descriptors={await Descriptors.Value}", .. common]),
            _ => ChildProcess.Start(DotNetHost.Path, [Host, "client", .. common]),
        };
    }

    private static async Task<string> WriteDescriptorsAsync()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "interop-descriptors.bin");
        await using var process = ChildProcess.Start(DotNetHost.Path, [Host, "descriptors", $"--out={path}"]);
        Assert.Equal(0, await process.WaitForExitAsync());
        return path;
    }
}
