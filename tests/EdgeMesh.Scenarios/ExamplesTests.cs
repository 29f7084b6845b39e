using EdgeMesh.Testing;

namespace EdgeMesh.Scenarios;

/// <summary>The examples of clients/examples, unchanged, as the README shows them: a service behind a Region, its clients at an edge.</summary>
public sealed class ExamplesTests : IDisposable
{
    private const string Python = "/usr/bin/python3";

    private static readonly string Examples = Path.Combine(Repository.Root, "clients/examples");

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [ForeignFact("python3-grpcio", "python3-grpc-tools")]
    public async Task PythonExample_BehindAnEdge_IsAnsweredFromItsCache()
    {
        await GeneratePythonStubsAsync();
        await using var server = StartPython("server.py", "0");
        await AssertServedThroughEdgeAsync(server, edge => StartPython("client.py", edge));
    }

    [ForeignFact("node-example")]
    public async Task NodeExample_BehindAnEdge_IsAnsweredFromItsCache()
    {
        await using var server = StartNode("server.mjs", "0");
        await AssertServedThroughEdgeAsync(server, edge => StartNode("client.mjs", edge));
    }

    /// <summary>Puts a region and an edge before a server, and lets a client call three times: a miss, then two hits; and three times more through a sidecar.</summary>
    private async Task AssertServedThroughEdgeAsync(ChildProcess server, Func<string, ChildProcess> startClient)
    {
        var listening = await server.WaitForLineAsync("shop.v1.Catalog listens on ");
        var origin = $"http://{listening[(listening.LastIndexOf(' ') + 1)..]}";
        await using var region = await NodeProcess.StartRegionAsync(_directory.File("region"), "--origin", $"shop.v1.={origin}");
        await using var edge = await NodeProcess.StartEdgeAsync(region, "LHR50-1");
        await using var client = startClient(edge.Address.Authority);

        Assert.Equal(0, await client.WaitForExitAsync());

        Assert.Equal(3, client.Output.Count);
        Assert.All(client.Output, line => Assert.StartsWith("teapot, 1999 cents, lookup 1, ", line, StringComparison.Ordinal));
        Assert.Contains("LHR50-1; fwd=", client.Output[0], StringComparison.Ordinal);
        Assert.All(client.Output.Skip(1), line => Assert.Contains("LHR50-1; hit", line, StringComparison.Ordinal));

        // The same client, unchanged, at a sidecar: another host, and so another entry.
        await using var sidecar = await NodeProcess.StartSidecarAsync(edge);
        await sidecar.Process.WaitForLineAsync("Calls go to ");
        await using var routed = startClient(sidecar.Address.Authority);
        Assert.Equal(0, await routed.WaitForExitAsync());
        Assert.Equal(3, routed.Output.Count);
        Assert.All(routed.Output, line => Assert.StartsWith("teapot, 1999 cents, lookup ", line, StringComparison.Ordinal));
        sidecar.AssertNoUnexpectedErrors();
        region.AssertNoUnexpectedErrors();
        edge.AssertNoUnexpectedErrors();
    }

    private async Task GeneratePythonStubsAsync()
    {
        string[] arguments = ["-m", "grpc_tools.protoc", "-I../protos", $"--python_out={_directory.Path}", $"--grpc_python_out={_directory.Path}", "shop/v1/catalog.proto"];
        await using var generator = ChildProcess.Start(Python, arguments, workingDirectory: Path.Combine(Examples, "python"));
        Assert.Equal(0, await generator.WaitForExitAsync());
    }

    private ChildProcess StartPython(string program, string argument) => ChildProcess.Start(
        Python, ["-B", Path.Combine(Examples, "python", program), argument], new Dictionary<string, string?> { ["PYTHONPATH"] = _directory.Path });

    private static ChildProcess StartNode(string program, string argument) => ChildProcess.Start("node", [Path.Combine(Examples, "node", program), argument]);
}
