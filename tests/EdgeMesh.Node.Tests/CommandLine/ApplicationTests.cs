using System.Net;
using System.Net.Sockets;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Region;
using EdgeMesh.Testing;

namespace EdgeMesh.Node.Tests.CommandLine;

public sealed class ApplicationTests
{
    [Fact]
    public async Task RunAsync_NoCommand_NamesTheCommands()
    {
        var run = await CliRun.Of();

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.StartsWith("edgemesh: no command; there are region, edge, zone, route, up, put, get", run.Error);
        Assert.EndsWith("See: edgemesh --help", run.Error.TrimEnd());
    }

    [Fact]
    public async Task RunAsync_UnknownCommand_NamesTheCommands()
    {
        var run = await CliRun.Of("regoin");

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.StartsWith("edgemesh: no such command 'regoin'; there are", run.Error);
    }

    [Theory]
    [InlineData("--range '5': want FIRST-LAST, FIRST- or -COUNT", "get", "b/k", "--range", "5")]
    [InlineData("--target 'ftp://x': want http://HOST:PORT", "ls", "--to", "ftp://x")]
    [InlineData("BUCKET/KEY 'b': want BUCKET/KEY", "stat", "b")]
    [InlineData("--if-generation '-1': want a generation", "rm", "b/k", "--if-generation", "-1")]
    [InlineData("--edges '99': want a whole number from 0 to 24", "up", "--edges", "99")]
    [InlineData("'--nonsense'", "ls", "--nonsense")]
    [InlineData("name a key", "rm", "b")]
    [InlineData("standard input has no name", "put", "-", "b/")]
    [InlineData("name a FILE", "get", "b/k", "--json")]
    public async Task RunAsync_WrongUsage_OneLineAndExitCode2(string expected, params string[] arguments)
    {
        var run = await CliRun.Of(arguments);

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Contains(expected, run.Error);
        Assert.Empty(run.Output);
        Assert.DoesNotContain("   at ", run.Error);
        Assert.Single(run.Error.Split('\n'), line => line.StartsWith("edgemesh: ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ls")]
    [InlineData("nodes")]
    [InlineData("get", "b/k")]
    [InlineData("stat", "b/k")]
    [InlineData("put", "-", "b/k")]
    [InlineData("rm", "b/k")]
    [InlineData("mb", "bucket")]
    [InlineData("rb", "bucket")]
    public async Task RunAsync_UnreachableNode_OneLineAndExitCode1(params string[] arguments)
    {
        var target = $"http://127.0.0.1:{FreePort.Take()}";

        var run = await CliRun.Of([.. arguments, "--to", target]);

        Assert.Equal(ExitCodes.Failed, run.ExitCode);
        Assert.Equal($"edgemesh: cannot reach {target}: Connection refused. Is a node running there? `edgemesh up` starts a mesh.", run.Error.TrimEnd());
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task RunAsync_MissingFile_OneLineAndExitCode1()
    {
        using var directory = new TempDirectory();

        var run = await CliRun.Of("put", directory.File("absent"), "b/k");

        Assert.Equal(ExitCodes.Failed, run.ExitCode);
        Assert.StartsWith("edgemesh: Could not find file", run.Error);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task RunAsync_Help_ListsExamplesAndVariables()
    {
        var run = await CliRun.Of("get", "--help");

        Assert.Equal(ExitCodes.Success, run.ExitCode);
        Assert.Contains("edgemesh get demo/hello.txt", run.Output);
        Assert.Contains("[env: EDGEMESH_RANGE]", run.Output);
        Assert.Contains("[default: 30s]", run.Output);
    }

    [Fact]
    public async Task RunAsync_HelpWithErrors_StillHelps()
    {
        var run = await CliRun.Of("get", "--range", "5", "--help");

        Assert.Equal(ExitCodes.Success, run.ExitCode);
        Assert.Contains("Examples:", run.Output);
    }

    [Theory]
    [InlineData("ls")]
    [InlineData("call", "--list")]
    public async Task RunAsync_ServerOfAnotherProtocol_SaysSo(string command, params string[] options)
    {
        // Takes connections and answers like an HTTP/1.1 server.
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = Task.Run(async () =>
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                await client.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n"u8.ToArray());
            }
        });
        var target = $"http://{listener.LocalEndpoint}";

        var run = await CliRun.Of(command == "ls" ? ["ls", "--to", target] : [command, target, .. options]);
        listener.Stop();

        Assert.Equal(ExitCodes.Failed, run.ExitCode);
        Assert.Contains(target, run.Error);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
        await Assert.ThrowsAnyAsync<Exception>(() => serving.WaitAsync(TestDeadline.Default));
    }

    [Fact]
    public async Task RunAsync_TlsServer_TrustedOnlyByItsAuthority()
    {
        using var directory = new TempDirectory();
        using var certificate = new TestCertificate();
        var (certificatePath, keyPath) = certificate.WritePem(directory);
        await using var region = await RegionNode.StartAsync(
            new RegionOptions { Name = "eu-west-2", Listen = "127.0.0.1:0", DataDirectory = directory.File("data"), TlsCertificatePath = certificatePath, TlsKeyPath = keyPath },
            _ => { },
            CancellationToken.None);
        var target = $"https://localhost:{region.Address.Port}";

        var stranger = await CliRun.Of("ls", "--to", target);
        var friend = await CliRun.Of("ls", "--to", target, "--ca", certificatePath, "--json");
        var call = await CliRun.Of("call", target, "--list", "--ca", certificatePath);

        Assert.Equal(ExitCodes.Failed, stranger.ExitCode);
        Assert.StartsWith($"edgemesh: no TLS connection to {target}: ", stranger.Error);
        Assert.Equal((ExitCodes.Success, ""), (friend.ExitCode, friend.Error));
        Assert.Equal((ExitCodes.Success, ""), (call.ExitCode, call.Error));
    }

    [Fact]
    public async Task RunAsync_TrustInNothing_Refused()
    {
        using var directory = new TempDirectory();
        await File.WriteAllTextAsync(directory.File("empty.pem"), "");

        var empty = await CliRun.Of("ls", "--ca", directory.File("empty.pem"));
        var absent = await CliRun.Of("ls", "--ca", directory.File("absent.pem"));

        Assert.Equal((ExitCodes.Usage, $"edgemesh: --ca '{directory.File("empty.pem")}': no certificate in it"), (empty.ExitCode, empty.Error.TrimEnd()));
        Assert.Equal(ExitCodes.Usage, absent.ExitCode);
        Assert.StartsWith("edgemesh: --ca '", absent.Error);
    }
}
