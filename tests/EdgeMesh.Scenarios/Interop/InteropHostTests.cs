using EdgeMesh.Testing;

namespace EdgeMesh.Scenarios.Interop;

/// <summary>The interop host's own command line, as the runners of other implementations use it.</summary>
public sealed class InteropHostTests
{
    private static readonly string Host = Path.Combine(AppContext.BaseDirectory, "EdgeMesh.InteropHost.dll");

    [Theory]
    [InlineData("usage: ")]
    [InlineData("usage: ", "serve")]
    [InlineData("unknown flag --prot; known: --port", "server", "--prot=1")]
    [InlineData("--port is a port, 0 to 65535, not 70000", "server", "--port=70000")]
    [InlineData("--port is missing", "server")]
    [InlineData("--use_tls is true or false, not perhaps", "server", "--port", "0", "--use_tls", "perhaps")]
    [InlineData("--address is an IP address, not nowhere", "server", "--port", "0", "--address", "nowhere")]
    [InlineData("--tls_key_file is missing", "server", "--port=0", "--use_tls", "--tls_cert_file=/none.pem")]
    [InlineData("--test_case: no case large_hadron", "client", "--test_case=large_hadron")]
    [InlineData("--server_host is missing", "client", "--test_case=all")]
    [InlineData("--server_port is given twice", "client", "--server_port=1", "--server_port=2")]
    [InlineData("not a flag: all", "client", "--test_case=all", "--use_tls=true", "all")]
    public async Task Run_WrongCommandLine_SaysSoInOneLine(string start, params string[] arguments)
    {
        await using var process = ChildProcess.Start(DotNetHost.Path, [Host, .. arguments]);

        Assert.Equal(2, await process.WaitForExitAsync());
        Assert.StartsWith(start, Assert.Single(process.Errors));
        Assert.Empty(process.Output);
    }

    [Fact]
    public async Task Server_PortInUse_SaysSoInOneLine()
    {
        var (first, url) = await InteropPrograms.StartServerAsync(InteropProgram.Ours);
        using (first)
        {
            await using var second = ChildProcess.Start(DotNetHost.Path, [Host, "server", $"--port={url.Port}"]);

            Assert.Equal(2, await second.WaitForExitAsync());
            Assert.StartsWith($"cannot listen on 127.0.0.1:{url.Port}", Assert.Single(second.Errors));
        }
    }

    [Fact]
    public async Task Client_NobodyListens_FailsTheCase()
    {
        await using var client = await InteropPrograms.StartClientAsync(InteropProgram.Ours, new Uri($"http://127.0.0.1:{FreePort.Take()}"), "empty_unary");

        Assert.Equal(1, await client.WaitForExitAsync());
        Assert.StartsWith("empty_unary: FAILED: unexpected status Unavailable", Assert.Single(client.Output));
    }

    [Fact]
    public async Task Server_Terminated_EndsInOrder()
    {
        var (server, _) = await InteropPrograms.StartServerAsync(InteropProgram.Ours);
        using (server)
        {
            server.Signal(UnixSignal.Terminate);

            Assert.Equal(0, await server.WaitForExitAsync());
        }
    }
}
