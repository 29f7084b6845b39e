using System.Net;
using System.Net.Sockets;
using EdgeMesh.Testing;

namespace EdgeMesh.Scenarios.Up;

/// <summary><c>edgemesh region</c> and <c>edgemesh edge</c> as processes: how they start, stop and refuse.</summary>
public sealed class ServerTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(UnixSignal.Interrupt)]
    [InlineData(UnixSignal.Terminate)]
    public async Task Region_AskedToEnd_ExitsWith0(UnixSignal signal)
    {
        await using var region = EdgeMeshProgram.Start("region", "--name", "eu-west-2", "--listen", "127.0.0.1:0", "--data", _directory.Path);
        await region.WaitForLineAsync("ready eu-west-2 http://127.0.0.1:");

        region.Signal(signal);

        Assert.Equal(0, await region.WaitForExitAsync());
        Assert.Equal(["admin", "ready"], region.Output.Select(line => line.Split(' ')[0]));
    }

    [Fact]
    public async Task Edge_RegionNotThere_StartsAllTheSame()
    {
        await using var edge = EdgeMeshProgram.Start("edge", "--name", "LHR50-1", "--listen", "127.0.0.1:0", "--region", $"127.0.0.1:{FreePort.Take()}");

        await edge.WaitForLineAsync("ready LHR50-1 http://127.0.0.1:");
        edge.Signal(UnixSignal.Terminate);
        Assert.Equal(0, await edge.WaitForExitAsync());
    }

    [Fact]
    public async Task Region_ExitOnStdinClose_EndsWithItsInputAndLeavesCtrlCAlone()
    {
        await using var region = EdgeMeshProgram.Start("region", "--name", "eu-west-2", "--listen", "127.0.0.1:0", "--data", _directory.Path, "--exit-on-stdin-close");
        await region.WaitForLineAsync("ready eu-west-2");

        region.Signal(UnixSignal.Interrupt);
        await region.WriteLineAsync("still there");
        Assert.False(region.HasExited);
        region.CloseInput();

        Assert.Equal(0, await region.WaitForExitAsync());
    }

    [Fact]
    public async Task Region_PortInUse_OneLineAndExitCode1()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var address = taken.LocalEndpoint.ToString()!;

        var lines = await RefusedAsync(1, "region", "--name", "eu-west-2", "--listen", address, "--admin-listen", "127.0.0.1:0", "--data", _directory.Path);

        Assert.Contains(address, lines);
        Assert.Contains("in use", lines);
        Assert.Contains("--listen", lines);
    }

    [Theory]
    [InlineData("region")]
    [InlineData("edge")]
    public async Task Node_BadName_OneLineAndExitCode2(string kind)
    {
        string[] rest = kind == "region" ? ["--data", _directory.Path] : ["--region", "127.0.0.1:1"];

        var line = await RefusedAsync(2, [kind, "--name", "no such name", "--listen", "127.0.0.1:0", .. rest]);

        Assert.Contains("--name", line);
    }

    [Fact]
    public async Task Region_UnwritableDirectory_OneLine()
    {
        var file = _directory.File("a-file");
        await File.WriteAllTextAsync(file, "");

        var line = await RefusedAsync(1, "region", "--name", "eu-west-2", "--listen", "127.0.0.1:0", "--data", Path.Combine(file, "data"));

        Assert.Contains(file, line);
    }

    [Fact]
    public async Task Node_MissingOption_NamesIt() =>
        Assert.Contains("--data", await RefusedAsync(2, "region", "--name", "eu-west-2"));

    /// <summary>Runs a command that cannot start; gives the one line that says why.</summary>
    private static async Task<string> RefusedAsync(int exitCode, params string[] arguments)
    {
        await using var process = EdgeMeshProgram.Start(arguments);

        Assert.Equal(exitCode, await process.WaitForExitAsync());
        Assert.Empty(process.Output);
        Assert.DoesNotContain(process.Errors, line => line.Contains(" at ", StringComparison.Ordinal) || line.Contains("fail: ", StringComparison.Ordinal));
        return Assert.Single(process.Errors, line => line.StartsWith("edgemesh: ", StringComparison.Ordinal));
    }
}
