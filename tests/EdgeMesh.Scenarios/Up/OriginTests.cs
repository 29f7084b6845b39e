using System.Text.Json.Nodes;
using EdgeMesh.Scenarios.Interop;
using EdgeMesh.Testing;

namespace EdgeMesh.Scenarios.Up;

/// <summary>A service of one's own behind <c>edgemesh up</c>, called through an edge by <c>edgemesh call</c>.</summary>
public sealed class OriginTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Up_Origin_AnswersThroughTheEdgeInAllFourTypes()
    {
        var (server, url) = await InteropPrograms.StartServerAsync(InteropProgram.Ours);
        await using var origin = server;
        var descriptors = await WriteDescriptorsAsync();
        await using var up = EdgeMeshProgram.Start(
            "up", "--port", "0", "--edges", "1", "--json", "--origin", $"grpc.testing.={url.GetLeftPart(UriPartial.Authority)}", "--origin-descriptors", $"grpc.testing.={descriptors}");
        await up.WaitForLineAsync(line => line == "}", Patience);
        var edge = (string)JsonNode.Parse(string.Join('\n', up.Output))!["nodes"]![1]!["address"]!;

        var listed = await RunAsync("call", edge, "grpc.testing.TestService", "--list");
        var unary = await RunAsync("call", edge, "grpc.testing.TestService/UnaryCall", "-d", """{"responseSize": 3}""");
        var fromServer = await RunAsync("call", edge, "grpc.testing.TestService/StreamingOutputCall", "-d", """{"responseParameters": [{"size": 1}, {"size": 2}]}""");
        var fromClient = await RunAsync("call", edge, "grpc.testing.TestService/StreamingInputCall", "-d", """{"payload": {"body": "YWI="}} {"payload": {"body": "Yw=="}}""");
        var both = await RunAsync("call", edge, "grpc.testing.TestService/FullDuplexCall", "-d", """{"responseParameters": [{"size": 1}]}""", "-d", """{"responseParameters": [{"size": 2}]}""");

        Assert.Contains(listed, line => line.StartsWith("grpc.testing.TestService/UnaryCall ", StringComparison.Ordinal));
        Assert.Equal(["AAAA"], unary.Select(BodyOf));
        Assert.Equal(["AA==", "AAA="], fromServer.Select(BodyOf));
        Assert.Equal(["""{"aggregatedPayloadSize":3}"""], fromClient);
        Assert.Equal(["AA==", "AAA="], both.Select(BodyOf));
    }

    private static string BodyOf(string answer) => (string)JsonNode.Parse(answer)!["payload"]!["body"]!;

    /// <summary>Runs a command to its end; gives its standard output.</summary>
    private static async Task<IReadOnlyList<string>> RunAsync(params string[] arguments)
    {
        await using var process = EdgeMeshProgram.Start(arguments);
        var exitCode = await process.WaitForExitAsync(Patience);
        Assert.True(exitCode == 0, string.Join('\n', process.Transcript));
        return process.Output;
    }

    private async Task<string> WriteDescriptorsAsync()
    {
        var path = _directory.File("testing.binpb");
        await using var process = ChildProcess.Start(DotNetHost.Path, [Path.Combine(AppContext.BaseDirectory, "EdgeMesh.InteropHost.dll"), "descriptors", $"--out={path}"]);
        Assert.Equal(0, await process.WaitForExitAsync(Patience));
        return path;
    }
}
