using EdgeMesh.Testing;

namespace EdgeMesh.Scenarios.Testing;

public sealed class ChildProcessTests
{
    [Fact]
    public async Task WaitForLineAsync_LineOnEitherStream_IsFoundAlsoLater()
    {
        await using var child = ChildProcess.Start("/bin/sh", ["-c", "echo out; echo err >&2; read line; echo got $line"]);

        Assert.Equal("out", await child.WaitForLineAsync("out"));
        Assert.Equal("err", await child.WaitForLineAsync("err"));
        await child.WriteLineAsync("this");
        Assert.Equal("got this", await child.WaitForLineAsync("got"));
        Assert.Equal(0, await child.WaitForExitAsync());
        Assert.Equal(["out", "got this"], child.Output);
        Assert.Equal(["err"], child.Errors);
    }

    [Fact]
    public async Task WaitForLineAsync_ProcessEndsWithoutIt_FailsWithTranscript()
    {
        await using var child = ChildProcess.Start("/bin/sh", ["-c", "echo port is in use; exit 2"]);

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => child.WaitForLineAsync("ready"));

        Assert.Contains("port is in use", failure.Message, StringComparison.Ordinal);
        Assert.Equal(2, await child.WaitForExitAsync());
    }

    [Fact]
    public async Task Dispose_ProcessWithDescendants_EndsAllOfThem()
    {
        using var directory = new TempDirectory();
        var (parent, pipe) = await StartWithDescendantAsync(directory);
        await using var ownedPipe = pipe;

        await parent.DisposeAsync();

        await AssertEndsAsync(pipe);
    }

    [Fact]
    public async Task Signal_Terminate_ReachesTheProcess()
    {
        await using var child = ChildProcess.Start("/bin/sh", ["-c", "trap 'echo bye; exit 3' TERM; echo ready; read line"]);
        await child.WaitForLineAsync("ready");

        child.Signal(UnixSignal.Terminate);
        child.CloseInput();

        Assert.Equal(3, await child.WaitForExitAsync());
        Assert.Equal(["ready", "bye"], child.Output);
    }

    [Fact]
    public async Task ProcessReaper_PipeEnds_KillsTheRegisteredWithDescendantsAndNoOthers()
    {
        await using var kept = ChildProcess.Start("/bin/sh", ["-c", "echo ready; read line; echo alive"]);
        using var directory = new TempDirectory();
        var (reaped, pipe) = await StartWithDescendantAsync(directory);
        await using var ownedProcess = reaped;
        await using var ownedPipe = pipe;
        await kept.WaitForLineAsync("ready");
        var reaper = new ProcessReaper();
        reaper.Add(kept.Id);
        reaper.Add(reaped.Id);
        reaper.Remove(kept.Id);

        reaper.Dispose();

        Assert.Equal(128 + (int)UnixSignal.Kill, await reaped.WaitForExitAsync());
        await AssertEndsAsync(pipe);
        await kept.WriteLineAsync("go");
        await kept.WaitForLineAsync("alive");
    }

    /// <summary>Starts a shell with a descendant that holds the write end of a named pipe, which ends with it.</summary>
    private static async Task<(ChildProcess Parent, FileStream DescendantsPipe)> StartWithDescendantAsync(TempDirectory directory)
    {
        var path = directory.File("pipe");
        var parent = ChildProcess.Start("/bin/sh", ["-c", "mkfifo \"$0\" && echo ready; sleep 600 >\"$0\" & wait", path]);
        await parent.WaitForLineAsync("ready");
        return (parent, File.OpenRead(path));
    }

    private static async Task AssertEndsAsync(FileStream pipe)
    {
        using var limit = new CancellationTokenSource(TestDeadline.Default);
        Assert.Equal(0, await pipe.ReadAsync(new byte[1], limit.Token));
    }
}
